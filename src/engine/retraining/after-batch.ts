import type { BatchResult } from '../batch/results.ts';
import { type BatchOptions, runBatch } from '../batch/run-batch.ts';
import { afterBatch, afterDeployment, afterDrift } from '../notification/after-operation.ts';
import type { Project } from '../project.ts';
import { EngineError, toEngineError } from '../support/errors.ts';
import { guardProduction } from './guard.ts';
import { inspectProduction, type ProductionState } from './production-state.ts';

/**
 * As `runBatch`, for everybody who follows it with {@link followBatch}: a batch that cannot load its model ends without a result to
 * follow, and looks at production before it fails, so that the next one finds a version that works.
 * @throws what `runBatch` throws
 */
export async function watchedBatch(project: Project, options: BatchOptions = {}): Promise<BatchResult> {
  try {
    return await runBatch(project, options);
  } catch (error) {
    if (EngineError.is(error, 'invalid-model') && !options.dryRun) await watchInVain(project);
    throw error;
  }
}

/** What follows a batch: people are told, and production is looked at. */
export async function followBatch(project: Project, result: BatchResult): Promise<void> {
  await afterBatch(project, result);
  if (result.status === 'dry-run' || result.status === 'nothing-to-do') return;
  await watchProduction(project, result.run_id);
}

/** The failure of the batch is the one that counts. */
async function watchInVain(project: Project): Promise<void> {
  try {
    await watchProduction(project, null);
  } catch (error) {
    project.startLog('watch').write('error', toEngineError(error).message);
  }
}

/** Rolls production back when it is broken, or tells that it is; an alarm when its inputs have drifted. */
async function watchProduction(project: Project, batch: string | null): Promise<void> {
  const production = await inspectProduction(project);
  const { rollback, explanation } = await guardProduction(project, production);
  if (rollback !== null) {
    project.startLog('watch').write('warning', explanation, { run_id: batch });
    await afterDeployment(project, rollback, explanation);
  }
  await alarmOfDrift(project, production);
}

async function alarmOfDrift(project: Project, { version, drift }: ProductionState): Promise<void> {
  const features = drift.features.filter(({ drifted }) => drifted);
  if (features.length === 0 || version === null) return;
  const { name: model_name, version: number } = version;
  await afterDrift(project, { model_name, version: number, batches: drift.files, features });
}

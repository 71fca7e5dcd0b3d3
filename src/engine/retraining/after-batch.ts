import type { BatchResult } from '../batch/results.ts';
import { afterBatch, afterDeployment, afterDrift } from '../notification/after-operation.ts';
import type { Project } from '../project.ts';
import { guardProduction, inspectProduction } from './guard.ts';

/**
 * What follows a batch: people are told, and production is looked at: rolled back when it is broken, an alarm when its inputs
 * have drifted.
 */
export async function followBatch(project: Project, result: BatchResult): Promise<void> {
  await afterBatch(project, result);
  if (result.status === 'dry-run' || result.status === 'nothing-to-do') return;
  const production = await inspectProduction(project);
  const { rollback, explanation } = await guardProduction(project, production);
  if (explanation !== '') project.startLog('watch').write('warning', explanation, { run_id: result.run_id });
  if (rollback !== null) await afterDeployment(project, rollback, explanation);
  const features = production.drift.features.filter(({ drifted }) => drifted);
  if (features.length === 0 || production.version === null) return;
  const { name: model_name, version } = production.version;
  await afterDrift(project, { model_name, version, batches: production.drift.files, features });
}

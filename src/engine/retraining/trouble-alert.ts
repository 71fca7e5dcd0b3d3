import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterFailure } from '../notification/after-operation.ts';
import type { Project } from '../project.ts';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError, type ErrorReason } from '../support/errors.ts';
import type { ProductionState, Trouble } from './production-state.ts';

/** The trouble that people were told of last, while it lasts. */
interface Told {
  model: string;
  version: string;
  kind: string;
}

const REASONS: Record<Trouble['kind'], ErrorReason> = {
  load_failure: 'invalid-model',
  refused_share: 'data-quality',
  constant_output: 'invalid-model',
};

/**
 * Tells people of trouble in production that nothing was done about: the same mail each night would teach them to look away, so the
 * same trouble of the same version is told once.
 */
export async function tellOfTrouble(project: Project, production: ProductionState, explanation: string): Promise<void> {
  const { trouble, version } = production;
  if (trouble === null || version === null) return;
  const told: Told = { model: version.name, version: version.version, kind: trouble.kind };
  if (wasTold(project, told)) return;
  const began = project.clock();
  project.startLog('watch').write('warning', explanation, { ...told });
  const fix = 'Mend it, or put another version into production: gnu-mlops rollback --to-version N, or gnu-mlops deploy';
  await afterFailure(project, 'watch', new EngineError(REASONS[trouble.kind], explanation, { fix }), began);
  try {
    writeFileWhole(memory(project), `${JSON.stringify(told)}\n`);
  } catch {
    // Told twice is better than not at all.
  }
}

/** Production is well: the next trouble is news, also when it is the same one again. */
export function forgetTrouble(project: Project): void {
  rmSync(memory(project), { force: true });
}

function memory({ stateFolder }: Project): string {
  return path.join(stateFolder, 'trouble-told.json');
}

function wasTold(project: Project, { model, version, kind }: Told): boolean {
  try {
    if (!existsSync(memory(project))) return false;
    const last = JSON.parse(readFileSync(memory(project), 'utf8')) as Told;
    return last.model === model && last.version === version && last.kind === kind;
  } catch {
    return false;
  }
}

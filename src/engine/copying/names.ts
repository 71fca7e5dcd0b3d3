import { EngineError } from '../support/errors.ts';
import { checkExperimentName, checkModelName } from '../tracking/limits.ts';
import type { StoreDescription } from '../tracking/store.ts';
import type { Selection } from './selection.ts';

/** Names in Unity Catalog have three parts: catalog.schema.model. */
export function isUnityName(name: string): boolean {
  return /^[^./\s]+\.[^./\s]+\.[^./\s]+$/.test(name);
}

/**
 * Before anything is written.
 * @throws EngineError `usage` for names that the target would refuse half-way
 */
export function requireNames({ models, experiments }: Selection, kind: StoreDescription['kind']): void {
  for (const { targetName } of models) {
    if (kind === 'databricks') requireUnityName(targetName);
    else checkModelName(targetName);
  }
  for (const { name } of experiments) checkExperimentName(name);
}

function requireUnityName(name: string): void {
  if (isUnityName(name)) return;
  throw new EngineError('usage', `"${name}" is no name for Unity Catalog, which takes catalog.schema.model.`, {
    fix: `Copy the model by itself under another name: --model ${name} --model-name main.ml.${name.replace(/[./\s]/g, '_')}`,
  });
}

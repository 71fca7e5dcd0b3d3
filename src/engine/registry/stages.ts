import { EngineError } from '../support/errors.ts';
import type { StageField } from '../tracking/store.ts';

/** A stage is an alias on the registered model; these are the two the product moves versions through. */
export const STAGES = ['Staging', 'GNU_Production'] as const;
export type Stage = (typeof STAGES)[number];

/** Where a version can be: Archived once held a stage, None never did. */
export type VersionStage = Stage | 'Archived' | 'None';

/** The version tag that repeats the stage for people who read tags; the alias is the truth. */
export const STAGE_TAG = 'gnu_mlops_stage';

const SPELLINGS: Record<string, Stage> = {
  staging: 'Staging',
  production: 'GNU_Production',
  gnu_production: 'GNU_Production',
};

/** @throws EngineError `usage` when `text` names no stage. */
export function parseStage(text: string): Stage {
  const stage = SPELLINGS[text.toLowerCase()];
  if (stage) return stage;
  throw new EngineError('usage', `Unknown stage "${text}": expected staging or production.`);
}

/** MLflow's stage field that mirrors a stage. */
export function stageField(stage: VersionStage): StageField {
  return stage === 'GNU_Production' ? 'Production' : stage;
}

import type { ModelSummary, Stage, VersionSummary } from '../../protocol/engine-api.ts';
import type { ProblemNode } from './problem-row.ts';

export interface RegistryModel extends ModelSummary {
  /** The project's model, the only one that commands act on. */
  isOwn: boolean;
  /** The metric that versions are judged by. */
  mainMetric: string;
}

/** A row of the view "Registry". */
export type RegistryNode =
  | { kind: 'model'; model: RegistryModel }
  | { kind: 'stage'; model: RegistryModel; stage: Stage }
  | { kind: 'outside'; model: RegistryModel; sentence: string }
  | { kind: 'versions'; model: RegistryModel }
  | VersionNode
  | { kind: 'more'; model: RegistryModel }
  | ProblemNode;

export interface VersionNode {
  kind: 'version';
  model: RegistryModel;
  version: VersionSummary;
}

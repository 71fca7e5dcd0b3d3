import type { ErrorDetails, ErrorReason } from '../support/errors.ts';
import type { BinnedSet, ForestParameters } from './forest-tree.ts';
import type { GrownTree } from './grown-tree.ts';
import type { Algorithm, FittedEnsemble, Hyperparameters, TrainingSet } from './learner.ts';

/** What a kernel worker is asked to do. */
export type KernelTask =
  /** One whole fit. */
  | { kind: 'fit'; algorithm: Algorithm; set: TrainingSet; values: Hyperparameters; seed: number }
  /** Trees of one forest: the worker takes the next index from the shared counter until there are none left. */
  | { kind: 'grow'; set: BinnedSet; parameters: ForestParameters; counter: Int32Array };

/** What it answers: any number of trees and steps, then one `done` or `failed`. */
export type KernelReply =
  | { kind: 'tree'; index: number; tree: GrownTree }
  | { kind: 'steps'; count: number }
  | { kind: 'done'; fitted: FittedEnsemble | null }
  | { kind: 'failed'; reason: ErrorReason; message: string; details: ErrorDetails; stack: string | undefined };

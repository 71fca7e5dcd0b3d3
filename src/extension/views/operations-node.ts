import type { RunSummary } from '../../protocol/engine-api.ts';
import type {
  BatchOutput,
  FiringSummary,
  RetrainResult,
  ScheduleSummary,
  TargetName,
} from '../../protocol/unattended-api.ts';
import type { ProblemNode } from './problem-row.ts';

/** A row of the view "Operations". */
export type OperationsNode =
  | { kind: 'group'; group: OperationsGroup }
  | ScheduleNode
  /** Something about schedules that somebody should do; `target`: what has to be installed again. */
  | { kind: 'remark'; id: string; sentence: string; target: TargetName | undefined }
  | FiringNode
  | BatchNode
  | OutputNode
  | { kind: 'batchFailure'; runId: string; sentence: string }
  | { kind: 'due'; plan: RetrainResult }
  | DecisionNode
  /** Says that there is nothing yet, and what would be here. */
  | { kind: 'nothing'; group: OperationsGroup; sentence: string }
  | { kind: 'more'; runsOf: 'batches' | 'retraining' }
  | ProblemNode;

export type OperationsGroup = 'schedules' | 'batches' | 'retraining';

export interface ScheduleNode {
  kind: 'schedule';
  schedule: ScheduleSummary;
}

export interface FiringNode {
  kind: 'firing';
  schedule: ScheduleSummary;
  firing: FiringSummary;
}

/** A run of a batch. */
export interface BatchNode {
  kind: 'batch';
  summary: RunSummary;
}

export interface OutputNode {
  kind: 'output';
  output: BatchOutput;
}

/** A run that records what a retraining decided. */
export interface DecisionNode {
  kind: 'decision';
  summary: RunSummary;
}

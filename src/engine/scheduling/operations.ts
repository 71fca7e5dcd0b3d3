import { afterRetrain } from '../notification/after-operation.ts';
import type { Project } from '../project.ts';
import { followBatch, watchedBatch } from '../retraining/after-batch.ts';
import { retrain } from '../retraining/retrain.ts';
import { exitCodeOfReason } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { train } from '../training/train.ts';
import type { ScheduledOperation } from './schedule.ts';

/** How an operation ended that did not throw. */
export interface OperationEnd {
  /** As its command exits. */
  exitCode: number;
  /** Path of the log that it wrote itself; null when it had nothing to tell. */
  logFile: string | null;
}

/** An operation as a schedule runs it: in this process, through the function that its command uses. */
export type ScheduledRun = (project: Project, control: OperationControl) => Promise<OperationEnd>;

export type OperationTable = Record<ScheduledOperation, ScheduledRun>;

/** What schedules can run. */
export const OPERATIONS: OperationTable = {
  train: observed(async (project, control) => {
    await train(project, control);
    return 0;
  }),
  batch: observed(async (project, control) => {
    const result = await watchedBatch(project, control);
    await followBatch(project, result);
    return result.status === 'failed' ? 1 : 0;
  }),
  retrain: observed(async (project, control) => {
    const result = await retrain(project, control);
    await afterRetrain(project, result);
    return result.status === 'refused' ? exitCodeOfReason('gate-failed') : 0;
  }),
};

/** Notes the first log that the operation starts. */
function observed(work: (project: Project, control: OperationControl) => Promise<number>): ScheduledRun {
  return async (project, control) => {
    let logFile: string | null = null;
    const startLog: Project['startLog'] = (operation) => {
      const log = project.startLog(operation);
      logFile ??= `${log.stem}.log`;
      return log;
    };
    const exitCode = await work({ ...project, startLog }, control);
    return { exitCode, logFile };
  };
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bestOfConfig } from '../config/best-of-config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import { type OpenProjectOptions, storelessProject } from '../project.ts';
import { exitCodeOf, toEngineError } from '../support/errors.ts';
import { type LogFile, listLogs, partOf } from '../support/log-files.ts';
import type { LogEntry } from '../support/operation-log.ts';
import { isNews } from './drift-memory.ts';
import type { BatchOutcome, DeploymentOutcome, DriftAlarm, RetrainOutcome } from './notice.ts';
import { notify } from './notify.ts';
import { allRecipients } from './recipients.ts';
import { canTell, type Teller } from './teller.ts';

/** Tells of a batch that ended, also by a night with nothing to do: what still waits is sent then. */
export async function afterBatch(project: Teller, result: BatchOutcome): Promise<void> {
  if (result.status === 'dry-run') return;
  await notify(project, { kind: 'batch', result });
}

/** Tells of a retraining: what was compared and decided, and of drift that was not told of before. */
export async function afterRetrain(project: Teller, result: RetrainOutcome): Promise<void> {
  if (result.status === 'dry-run') return;
  await notify(project, { kind: 'retrain', result });
  const { champion, drift } = result;
  if (champion === null || drift.length === 0) return;
  const model_name = project.config.mlflow.model_name;
  const alarm = { model_name, version: champion.version, batches: project.config.monitoring.window, features: drift };
  await afterDrift(project, alarm, 'retrain');
}

/** Tells of a promotion or a roll back that changed something. */
export async function afterDeployment(project: Teller, result: DeploymentOutcome, notes = ''): Promise<void> {
  if (result.event_id === null) return;
  await notify(project, { kind: 'deployment', result, by: project.actor, notes });
}

/** Tells that recent data are not what the model was trained on; the same features again only after a week. */
export async function afterDrift(project: Teller, alarm: DriftAlarm, operation = 'batch'): Promise<void> {
  if (project.readOnly || !isNews(project, alarm)) return;
  await notify(project, { kind: 'drift', operation, alarm });
}

const TAIL_LINES = 30;
const LONGEST_LINE = 500;

/**
 * Tells that an operation stopped, with the end of its log. One that stopped before it began a log gets one now, so that
 * `gnu-mlops logs` shows it too. Never rejects: the failure that is told of is the one that counts.
 * @param since when the operation began; logs before that are of others
 */
export async function afterFailure(project: Teller, operation: string, error: unknown, since?: Date): Promise<void> {
  const { reason, message, details } = toEngineError(error);
  if (!project.readOnly && ownLog(project, operation, since) === undefined) {
    project.startLog(operation).write('error', message, { reason });
  }
  const log = ownLog(project, operation, since);
  const failure = { reason, message, fix: details.fix ?? null, exit_code: exitCodeOf(toEngineError(error)) };
  const end = { log: log?.file ?? null, tail: log?.tail ?? [] };
  await notify(project, { kind: 'failure', operation, failure: { ...failure, ...end } });
}

/**
 * Tells that an operation could not begin, because its project cannot be opened; as far as the configuration says whom to tell.
 * Without anybody to tell nothing is written: a command that could not begin leaves nothing behind. Never rejects: the failure that is
 * told of is the one that counts.
 */
export async function afterRefusal(options: OpenProjectOptions, operation: string, error: unknown): Promise<void> {
  try {
    const loaded = readable(options);
    if (loaded === null) return;
    const project = storelessProject(loaded, options);
    try {
      await afterFailure(project, operation, error);
    } finally {
      await project.close();
    }
  } catch {
    // Nobody can be told.
  }
}

/** What can be read of the configuration; null when that does not say whom to tell. */
function readable({
  configFile = 'config.yaml',
  set = [],
  env = process.env,
}: OpenProjectOptions): LoadedConfig | null {
  const file = path.resolve(configFile);
  if (!existsSync(file)) return null;
  const loaded = bestOfConfig({ file, overrides: set.map(parseSetFlag), env });
  const isAnybody = allRecipients(loaded.config).length + loaded.config.notifications.webhooks.length > 0;
  return canTell(loaded) && isAnybody ? loaded : null;
}

interface OwnLog {
  file: string;
  tail: string[];
}

/** The newest log of an operation that this process began, not before `since`. */
function ownLog({ baseDir }: Teller, operation: string, since = new Date(0)): OwnLog | undefined {
  const logs = readableLogs(path.join(baseDir, 'logs')).filter((log) => log.operation === operation);
  for (const { stem, parts } of logs.slice(0, MOST_LOOKS)) {
    const [first] = linesOf(partOf(stem, parts[0]!, '.jsonl'));
    if (!isOwn(first, since)) continue;
    const file = partOf(stem, parts.at(-1)!, '.log');
    return {
      file,
      tail: linesOf(file)
        .slice(-TAIL_LINES)
        .map((line) => line.slice(0, LONGEST_LINE)),
    };
  }
  return undefined;
}

/** None of a folder that this user may not read. */
function readableLogs(folder: string): LogFile[] {
  try {
    return listLogs(folder);
  } catch {
    return [];
  }
}

/** Other processes may have begun newer ones meanwhile; not many. */
const MOST_LOOKS = 20;

function isOwn(line: string | undefined, since: Date): boolean {
  try {
    const { pid, time } = JSON.parse(line ?? '') as LogEntry;
    return pid === process.pid && Date.parse(time) >= since.getTime();
  } catch {
    return false;
  }
}

/** None of a file that another process has not written yet, or has removed. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}

/**
 * Carries an operation out and tells people how it ended; what it returns or throws is passed on.
 * @param isAttended a person watches it and needs no mail when it fails
 */
export async function notified<T>(
  { project, operation, isAttended = false }: { project: Teller; operation: string; isAttended?: boolean },
  work: () => Promise<T>,
  after: (project: Teller, result: T) => Promise<void>,
): Promise<T> {
  const began = project.clock();
  let result: T;
  try {
    result = await work();
  } catch (error) {
    if (!isAttended) await afterFailure(project, operation, error, began);
    throw error;
  }
  await after(project, result);
  return result;
}

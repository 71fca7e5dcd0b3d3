import { toEngineError } from '../support/errors.ts';
import type { Log } from '../support/operation-log.ts';
import { cleanTexts, redactByName } from '../support/secret-names.ts';
import { type NotifyReport, sendSpooled } from './delivery.ts';
import { DigestCollection, type DigestEvent } from './digest.ts';
import { messagesOf } from './message.ts';
import { type Notice, operationOf, weightOf } from './notice.ts';
import type { Patience } from './notifier.ts';
import { recipientsOf } from './recipients.ts';
import { Spool } from './spool.ts';
import type { Teller } from './teller.ts';
import { letterOf } from './wording.ts';

const NOTHING: NotifyReport = { sent: 0, refused: 0, waiting: 0 };

/**
 * Tells people of a notice by mail and webhooks, after whatever still waited from earlier. Who is told: `recipientsOf`. With a
 * digest, successes are collected instead. Never rejects: an operation does not fail because nobody could be told of it; what
 * goes wrong is a warning in a log of its own ("notify"), and messages wait in `.gnu-mlops/spool/` for the next call.
 */
export async function notify(project: Teller, notice: Notice, patience?: Patience): Promise<NotifyReport> {
  if (project.readOnly) return NOTHING;
  const log = lazyLog(project);
  try {
    const spool = new Spool(project.stateFolder);
    warnOfNobody(project, notice, log);
    enqueue(project, spool, notice);
    return await sendSpooled(project, spool, log, patience);
  } catch (error) {
    log.write('warning', `Nobody could be told: ${toEngineError(error).message}`, { kind: notice.kind });
    return NOTHING;
  }
}

/** A message lies in the spool before it is sent: a process that is killed while it sends loses none. */
function enqueue(project: Teller, spool: Spool, notice: Notice): void {
  const { config, clock } = project;
  const isCollected = config.notifications.digest !== 'none' && notice.kind !== 'digest';
  const isSentNow = !isCollected || weightOf(notice) === 'alert';
  if (isSentNow) for (const message of messagesOf(project, notice)) spool.put(message);
  if (!isCollected) return;
  const collection = new DigestCollection(spool.folder, config);
  collection.add(digestEvent(project, notice));
  const due = collection.due(clock());
  if (due === undefined) return;
  for (const message of messagesOf(project, { kind: 'digest', digest: due.digest }, due.id)) spool.put(message);
  due.done();
}

function digestEvent(project: Teller, notice: Notice): DigestEvent {
  const { config, configFile, clock } = project;
  const told = cleanTexts(notice, (text) => redactByName(project.redact(text))) as Notice;
  const { subject } = letterOf(told, { host: '', configFile, modelName: config.mlflow.model_name });
  const operation = operationOf(notice);
  const isIdle = weightOf(notice) === 'idle';
  return {
    at: clock().toISOString(),
    operation,
    schedule: project.schedule,
    outcome: outcomeOf(notice),
    text: isIdle ? `${operation}: nothing to do` : subject.replace('[gnu-mlops] ', ''),
  };
}

const FAILED = new Set(['failed', 'refused']);

/** A roll back is an alert, but no failure. */
function outcomeOf(notice: Notice): DigestEvent['outcome'] {
  if (notice.kind === 'drift') return 'alarm';
  if (notice.kind === 'failure') return 'failed';
  if ('result' in notice && FAILED.has(notice.result.status)) return 'failed';
  return weightOf(notice) === 'idle' ? 'nothing-to-do' : 'done';
}

/** Addresses without a server are a mistake that would otherwise show on the night when it matters. */
function warnOfNobody({ config }: Teller, notice: Notice, log: Log): void {
  if (config.notifications.smtp.host !== null || weightOf(notice) === 'idle') return;
  const meant = recipientsOf(config, notice);
  if (meant.length === 0) return;
  log.write('warning', `No mail to ${meant.join(', ')}: notifications.smtp.host is not set.`, { kind: notice.kind });
}

/** A log that comes into being with its first line. */
function lazyLog(project: Teller): Log {
  let log: Log | undefined;
  return {
    write: (level, message, facts) => {
      log ??= project.startLog('notify');
      log.write(level, message, facts);
    },
  };
}

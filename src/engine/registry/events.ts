import { OWNER_TAG } from '../support/process-identity.ts';
import type { NewRun, Run, RunStatus } from '../tracking/store.ts';
import { STAGES, type VersionStage } from './stages.ts';

const EVENT_KINDS = ['promote', 'rollback', 'archive', 'override', 'adopt', 'restore'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** One deployment event: a run in the events experiment, whose id is the event's. */
export interface DeploymentEvent {
  id: string;
  kind: EventKind;
  modelName: string;
  /** The version that moved. */
  version: string;
  from: VersionStage;
  to: VersionStage;
  by: string;
  /** ms since 1970: when it took effect, or began while it is RUNNING. */
  at: number;
  notes: string;
  /** Who held the stage before; null when nobody did. */
  previous: string | null;
  status: RunStatus;
  /** Value of the owner tag. */
  owner: string;
  /** The alias, expected and real holder, when the event was overtaken. */
  conflict: string | null;
  artifactUri: string;
}

/** What is known of an event before it is written. */
export type NewEvent = Pick<
  DeploymentEvent,
  'kind' | 'modelName' | 'version' | 'from' | 'to' | 'by' | 'at' | 'notes' | 'previous' | 'owner'
>;

const TAG = 'gnu_mlops.event.';
const NOTES_TAG = 'mlflow.note.content';
export const MODEL_TAG = `${TAG}model`;
const PROTOCOL = '1';
/** Tags of an event whose values are numbers of versions. */
export const EVENT_VERSION_TAGS = [`${TAG}version`, `${TAG}previous`, `${TAG}rolled_back`];

/** Tag of a rollback: the version that was taken out of production. */
const ROLLED_BACK_TAG = `${TAG}rolled_back`;

/** The run that records an event, RUNNING until the promotion is committed. */
export function eventRun(event: NewEvent, experimentId: string): NewRun {
  const rolledBack = event.kind === 'rollback' && event.previous !== null ? { [ROLLED_BACK_TAG]: event.previous } : {};
  return {
    experimentId,
    name: `${event.kind} ${event.modelName} ${event.version} to ${event.to}`,
    userId: event.by,
    startTime: event.at,
    tags: {
      [`${TAG}kind`]: event.kind,
      [MODEL_TAG]: event.modelName,
      [`${TAG}version`]: event.version,
      [`${TAG}from`]: event.from,
      [`${TAG}to`]: event.to,
      [`${TAG}by`]: event.by,
      [`${TAG}previous`]: event.previous ?? '',
      [`${TAG}protocol`]: PROTOCOL,
      [NOTES_TAG]: event.notes,
      [OWNER_TAG]: event.owner,
      ...rolledBack,
    },
  };
}

/** The event that a run records; null for runs that record none, or one of a protocol that is not ours. */
export function toEvent(run: Run): DeploymentEvent | null {
  const tag = (name: string) => run.tags[TAG + name] ?? '';
  const kind = EVENT_KINDS.find((known) => known === tag('kind'));
  const [from, to] = [toStage(tag('from')), toStage(tag('to'))];
  if (kind === undefined || from === undefined || to === undefined || tag('protocol') !== PROTOCOL) return null;
  return {
    id: run.runId,
    kind,
    modelName: tag('model'),
    version: tag('version'),
    from,
    to,
    by: tag('by'),
    at: run.endTime ?? run.startTime,
    notes: run.tags[NOTES_TAG] ?? '',
    previous: tag('previous') || null,
    status: run.status,
    owner: run.tags[OWNER_TAG] ?? '',
    conflict: tag('conflict') || null,
    artifactUri: run.artifactUri,
  };
}

function toStage(text: string): VersionStage | undefined {
  return [...STAGES, 'Archived' as const, 'None' as const].find((stage) => stage === text);
}

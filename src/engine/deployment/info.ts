import type { Config } from '../config/config.ts';
import { eventsExperiment, type Project } from '../project.ts';
import {
  describeOutsideChange,
  detectOutsideChanges,
  historyEntries,
  type StageHolding,
  stageAt,
  stageHolders,
} from '../registry/history.ts';
import { loadRegistryState, type RegistryState, requireModel } from '../registry/state.ts';
import { parseInstant } from '../support/instants.ts';
import { finiteOrNull } from '../support/json.ts';
import type { TrackingStore } from '../tracking/store.ts';
import type { InfoResult, StageHolder } from './results.ts';

export interface InfoOptions {
  /** A date (its end, local time) or an exact instant: what was in production then. */
  at?: string | undefined;
  /** Include all events. */
  history?: boolean | undefined;
}

/**
 * Which version is in each stage, its metrics, since when, by whom and why.
 * @throws EngineError `usage` when `at` is no date, `not-found` when the store has models, but not this one
 */
export async function info(project: Project, options: InfoOptions = {}): Promise<InfoResult> {
  const { store, config } = project;
  const instant = options.at === undefined ? null : parseInstant(options.at);
  const state = await loadRegistryState(store, eventsExperiment(config), config.mlflow.model_name);
  if (await hasModels(store)) await requireModel(store, state);
  const holders = instant === null ? stageHolders(state) : stageAt(state, instant);
  const entries = options.history ? historyEntries(state) : [];
  return {
    schema: 1,
    model_name: config.mlflow.model_name,
    at: instant === null ? null : new Date(instant).toISOString(),
    stages: {
      Staging: await describeHolder(store, state, holders.Staging),
      GNU_Production: await describeHolder(store, state, holders.GNU_Production),
    },
    history: instant === null ? entries : entries.filter(({ at }) => Date.parse(at) <= instant),
    changed_outside: instant === null ? detectOutsideChanges(state).map(describeOutsideChange) : [],
  };
}

/** What `info` answers before there is a store. */
export function infoWithoutStore(config: Config): InfoResult {
  const stages = { Staging: null, GNU_Production: null };
  return { schema: 1, model_name: config.mlflow.model_name, at: null, stages, history: [], changed_outside: [] };
}

/** Before the first training it is no mistake that the model is not there. */
async function hasModels(store: TrackingStore): Promise<boolean> {
  return (await store.listModels()).length > 0;
}

/** A version that was deleted since still tells who held the stage; its run may be gone. */
async function describeHolder(
  store: TrackingStore,
  state: RegistryState,
  holding: StageHolding | null,
): Promise<StageHolder | null> {
  if (holding === null) return null;
  const runId = state.versions.find(({ version }) => version === holding.version)?.runId ?? null;
  const run = runId === null ? null : await store.getRun(runId);
  const { kind } = await store.describe();
  return {
    version: holding.version,
    since: holding.since === null ? null : new Date(holding.since).toISOString(),
    by: holding.by,
    by_verified: kind === 'databricks',
    notes: holding.notes,
    metrics: holdoutMetrics(run?.metrics ?? {}),
    run_id: runId,
  };
}

function holdoutMetrics(metrics: Record<string, number>): Record<string, number | null> {
  const holdout = Object.entries(metrics).filter(([name]) => !name.startsWith('cv_'));
  return Object.fromEntries(holdout.map(([name, value]) => [name, finiteOrNull(value)]));
}

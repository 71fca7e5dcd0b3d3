import { gatherEvidence } from '../deployment/evidence.ts';
import type { LoadedModel } from '../model/loaded-model.ts';
import { isConstantOutput } from '../monitoring/distribution.ts';
import { type DriftReport, NO_DRIFT, recentDrift } from '../monitoring/recent-drift.ts';
import { batchExperiment, eventsExperiment, type Project } from '../project.ts';
import type { DeploymentEvent } from '../registry/events.ts';
import { loadVersion } from '../registry/model-version.ts';
import { loadRegistryState, type RegistryState } from '../registry/state.ts';
import { EngineError } from '../support/errors.ts';
import type { ModelVersion, TrackingStore } from '../tracking/store.ts';

export interface Trouble {
  kind: 'load_failure' | 'refused_share' | 'constant_output';
  explanation: string;
}

/** How production is doing. */
export interface ProductionState {
  state: RegistryState;
  /** Null when nothing is in production. */
  version: ModelVersion | null;
  /** Null when there is none, or it does not load. */
  model: LoadedModel | null;
  drift: DriftReport;
  /** What is wrong with the version in production, as a sentence; null when nothing is. */
  trouble: Trouble | null;
}

/** Looks at the version in production: whether it loads, how many rows it refuses, whether it still tells rows apart, and drift. */
export async function inspectProduction(project: Project): Promise<ProductionState> {
  const { store, config } = project;
  const state = await loadRegistryState(store, eventsExperiment(config), config.mlflow.model_name);
  const version = state.versions.find((candidate) => candidate.version === state.aliases.GNU_Production) ?? null;
  const nothing = { state, version, model: null, drift: NO_DRIFT };
  if (version === null) return { ...nothing, trouble: null };
  const { loadError } = await gatherEvidence(store, state, version);
  const model = loadError ?? (await loadAsBatch(store, version));
  if (typeof model === 'string') {
    return { ...nothing, trouble: { kind: 'load_failure', explanation: model.replace(/\.$/, '') } };
  }
  const since = inProductionSince(state, version.version);
  const drift = recentDrift(project, version, model, since);
  const trouble = constantOutput(drift) ?? (await refusedShare(project, version, since));
  return { state, version, model, drift, trouble };
}

/** When the version came into production this time, ms since 1970; 0 when no event tells. What it did in an earlier stay is past. */
function inProductionSince(state: RegistryState, version: string): number {
  return entryOf(state, version)?.at ?? 0;
}

/** The event by which the version in production came there; null when another tool put it there. */
export function entryOf({ events }: RegistryState, version: string): DeploymentEvent | null {
  const entry = events.find(({ status, to }) => status === 'FINISHED' && to === 'GNU_Production');
  return entry?.version === version ? entry : null;
}

/** The model, or why a batch would not load it: files that load and score, but are not those that were registered. */
async function loadAsBatch(store: TrackingStore, version: ModelVersion): Promise<LoadedModel | string> {
  try {
    return await loadVersion(store, version);
  } catch (error) {
    if (!EngineError.is(error, 'invalid-model')) throw error;
    return error.message;
  }
}

/** The same class with the same probability for everything, whatever comes in: the model has lost its meaning. */
function constantOutput({ latest }: DriftReport): Trouble | null {
  if (latest === null || !isConstantOutput(latest)) return null;
  const [label] = Object.keys(latest.predictions);
  return {
    kind: 'constant_output',
    explanation: `the last ${latest.rows} rows were all predicted as ${label} with the same probability`,
  };
}

/** Fewer rows than this may well all be refused for one reason. */
const LEAST_ROWS = 200;

/** Rows that the last batches of this version refused since it is in production, files that failed for it included. */
async function refusedShare({ store, config }: Project, version: ModelVersion, since: number): Promise<Trouble | null> {
  const experiment = await store.findExperiment(batchExperiment(config));
  if (experiment === null) return null;
  const { runs } = await store.searchRuns({
    experimentIds: [experiment.experimentId],
    filter: `params.model_version = '${version.version}' and params.model_name = '${version.name.replaceAll("'", '')}'`,
    maxResults: config.monitoring.window,
  });
  const own = runs.filter(({ startTime }) => startTime >= since);
  const sum = (metric: string) => own.reduce((total, run) => total + (run.metrics[metric] ?? 0), 0);
  const [rows, refused] = [sum('rows'), sum('refused_rows')];
  if (rows < LEAST_ROWS || refused / rows <= config.batch_inference.max_refused_share) return null;
  return { kind: 'refused_share', explanation: `${refused} of the last ${rows} rows did not fit the model` };
}

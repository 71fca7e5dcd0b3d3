import { gatherEvidence } from '../deployment/evidence.ts';
import type { LoadedModel } from '../model/loaded-model.ts';
import { type DriftReport, NO_DRIFT, recentDrift } from '../monitoring/recent-drift.ts';
import { batchExperiment, eventsExperiment, type Project } from '../project.ts';
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
  const drift = recentDrift(project, version, model);
  const trouble = constantOutput(drift) ?? (await refusedShare(project, version));
  return { state, version, model, drift, trouble };
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

/** Fewer rows than this may well all be alike. */
const LEAST_ROWS = 200;

/** The same class with the same probability for everything: the inputs, or the model, have lost their meaning. */
function constantOutput({ distribution }: DriftReport): Trouble | null {
  if (distribution === null || distribution.rows < LEAST_ROWS) return null;
  const labels = Object.keys(distribution.predictions);
  const filled = distribution.probability_bins.filter((count) => count > 0);
  if (labels.length !== 1 || filled.length !== 1) return null;
  return {
    kind: 'constant_output',
    explanation: `the last ${distribution.rows} rows were all predicted as ${labels[0]} with the same probability`,
  };
}

/** Rows that the last batches of this version refused, files that failed for it included. */
async function refusedShare({ store, config }: Project, version: ModelVersion): Promise<Trouble | null> {
  const experiment = await store.findExperiment(batchExperiment(config));
  if (experiment === null) return null;
  const { runs } = await store.searchRuns({
    experimentIds: [experiment.experimentId],
    filter: `params.model_version = '${version.version}' and params.model_name = '${version.name.replaceAll("'", '')}'`,
    maxResults: config.monitoring.window,
  });
  const sum = (metric: string) => runs.reduce((total, run) => total + (run.metrics[metric] ?? 0), 0);
  const [rows, refused] = [sum('rows'), sum('refused_rows')];
  if (rows < LEAST_ROWS || refused / rows <= config.batch_inference.max_refused_share) return null;
  return { kind: 'refused_share', explanation: `${refused} of the last ${rows} rows did not fit the model` };
}

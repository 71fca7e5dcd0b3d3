import { gatherEvidence } from '../deployment/evidence.ts';
import type { DeployResult } from '../deployment/results.ts';
import { rollback } from '../deployment/rollback.ts';
import type { LoadedModel } from '../model/loaded-model.ts';
import { type DriftReport, recentDrift } from '../monitoring/recent-drift.ts';
import { batchExperiment, eventsExperiment, type Project } from '../project.ts';
import type { DeploymentEvent } from '../registry/events.ts';
import { loadVersion } from '../registry/model-version.ts';
import { loadRegistryState, type RegistryState } from '../registry/state.ts';
import { EngineError } from '../support/errors.ts';
import type { ModelVersion } from '../tracking/store.ts';

type Trouble = 'load_failure' | 'refused_share' | 'constant_output';

/** How production is doing. */
export interface ProductionState {
  state: RegistryState;
  /** Null when nothing is in production. */
  version: ModelVersion | null;
  /** Null when there is none, or it does not load. */
  model: LoadedModel | null;
  drift: DriftReport;
  /** What is wrong with the version in production, as a sentence; null when nothing is. */
  trouble: { kind: Trouble; explanation: string } | null;
}

/** Looks at the version in production: whether it loads, how many rows it refuses, whether it still tells rows apart, and drift. */
export async function inspectProduction(project: Project): Promise<ProductionState> {
  const { store, config } = project;
  const state = await loadRegistryState(store, eventsExperiment(config), config.mlflow.model_name);
  const version = state.versions.find((candidate) => candidate.version === state.aliases.GNU_Production) ?? null;
  const none: DriftReport = { files: 0, rows: 0, newest: null, features: [], distribution: null };
  if (version === null) return { state, version, model: null, drift: none, trouble: null };
  const { loadError } = await gatherEvidence(store, state, version);
  if (loadError !== null) {
    return { state, version, model: null, drift: none, trouble: { kind: 'load_failure', explanation: loadError } };
  }
  const model = await loadVersion(store, version);
  const drift = recentDrift(project, version, model);
  const trouble = constantOutput(drift) ?? (await refusedShare(project, version));
  return { state, version, model, drift, trouble };
}

/** Fewer rows than this may well all be alike. */
const LEAST_ROWS = 200;

/** The same class with the same probability for everything: the inputs, or the model, have lost their meaning. */
function constantOutput({ distribution }: DriftReport): ProductionState['trouble'] {
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
async function refusedShare({ store, config }: Project, version: ModelVersion): Promise<ProductionState['trouble']> {
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

/** How the notes of a roll back begin that no person asked for. */
const AUTOMATIC = 'Automatic roll back: ';
const QUIET_MS = 24 * 3_600_000;

/** The last roll back that no person asked for; null when there was none. */
export function lastAutomaticRollback(state: RegistryState): DeploymentEvent | null {
  return state.events.find(isAutomatic) ?? null;
}

function isAutomatic({ kind, status, notes }: DeploymentEvent): boolean {
  return kind === 'rollback' && status === 'FINISHED' && notes.startsWith(AUTOMATIC);
}

/** Whether a roll back was made so short a time ago that nothing is deployed without a person. */
export function isQuietTime(state: RegistryState, now: Date): boolean {
  const last = lastAutomaticRollback(state);
  return last !== null && now.getTime() - last.at < QUIET_MS;
}

/** What became of trouble in production. */
export interface GuardOutcome {
  /** The roll back that was made; null when there was none. */
  rollback: DeployResult | null;
  /** For people; empty when there was no trouble. */
  explanation: string;
}

/**
 * Rolls production back by itself when its trouble is one of `retraining.rollback_on`: once per version, and only to a version that
 * works. Drift of the inputs alone never does.
 */
export async function guardProduction(project: Project, production: ProductionState): Promise<GuardOutcome> {
  const { trouble, version, state } = production;
  if (trouble === null || version === null) return { rollback: null, explanation: '' };
  const what = `Version ${version.version} in production: ${trouble.explanation}`;
  if (!project.config.retraining.rollback_on.includes(trouble.kind)) return { rollback: null, explanation: `${what}.` };
  if (state.events.some((event) => isAutomatic(event) && event.previous === version.version)) {
    return { rollback: null, explanation: `${what}; it was rolled back once already, so a person decides.` };
  }
  try {
    const result = await rollback(project, { notes: `${AUTOMATIC}${trouble.explanation}` });
    return { rollback: result, explanation: `${what}; version ${result.version} is back.` };
  } catch (error) {
    if (!EngineError.is(error, 'no-previous') && !EngineError.is(error, 'gate-failed')) throw error;
    return { rollback: null, explanation: `${what}; there is no version to go back to: ${error.message}` };
  }
}

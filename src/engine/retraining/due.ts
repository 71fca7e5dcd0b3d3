import type { DriftReport } from '../monitoring/recent-drift.ts';
import type { Project } from '../project.ts';
import type { RegistryState } from '../registry/state.ts';
import type { Run } from '../tracking/store.ts';
import { loadTrainingData } from '../training/training-data.ts';
import type { Due } from './results.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A nightly check that comes a little early still counts for its day. */
const TOLERANCE_MS = 12 * HOUR_MS;
/** Data that is so many times larger than what the last model saw is worth a new one. */
const GROWTH = 1.5;

export interface DueFacts {
  force: boolean;
  hasProduction: boolean;
  drift: DriftReport;
  state: RegistryState;
}

/** Whether and why a retraining is due, by the triggers of the configuration. */
export async function judgeDue(project: Project, { force, hasProduction, drift, state }: DueFacts): Promise<Due> {
  const { last, leftOut } = await lastTraining(project, state);
  const since = last?.endTime ? new Date(last.endTime).toISOString() : null;
  const due = (reason: Due['reason'], explanation: string): Due => {
    return { reason, since, explanation: `${explanation}${leftOut === null ? '' : ` ${leftOutText(leftOut)}`}` };
  };
  const { triggers, interval_days } = project.config.retraining;
  if (force) return due('forced', 'Asked for with --force.');
  if (!hasProduction) return judgeWithoutProduction(project, last, due);
  if (last?.endTime == null) return due('age', 'There was no training on the real data yet.');
  const age = project.clock().getTime() - last.endTime;
  const from = interval_days * DAY_MS - TOLERANCE_MS;
  const ages = `the last training is ${days(age)} days old, due from ${days(from)}`;
  if (triggers.includes('age') && age >= from) return due('age', `${upper(ages)}.`);
  const drifted = drift.features.filter((feature) => feature.drifted).map(({ feature }) => feature);
  const isAnswered = drift.newest !== null && last.endTime >= Date.parse(drift.newest);
  if (triggers.includes('drift') && drifted.length > 0 && !isAnswered) {
    return due('drift', `In the recent batches these features have drifted: ${drifted.join(', ')}.`);
  }
  if (triggers.includes('volume')) {
    const growth = await dataGrowth(project, last);
    if (growth >= GROWTH) return due('volume', `The data has grown to ${growth.toFixed(1)} times what it was.`);
  }
  return due(null, `Not due: ${ages}.`);
}

/** A model that was trained on these very data and did not get further waits for a person, or for other data. */
async function judgeWithoutProduction(
  project: Project,
  last: Run | null,
  due: (reason: Due['reason'], explanation: string) => Due,
): Promise<Due> {
  const digest = last === null ? null : (await project.store.datasetInputs(last.runId))[0]?.digest;
  const isTried = digest !== null && digest === (await loadTrainingData(project.config, project)).source.digest;
  if (!isTried) return due('no-model', 'Nothing is in production.');
  return due(null, 'Nothing is in production, and a model of these data waits: gnu-mlops deploy --stage staging');
}

interface Trainings {
  /** The newest one that ended well; null when there was none. */
  last: Run | null;
  /** One that a clock which was wrong dates in the future: nothing would be due by age until then. */
  leftOut: Run | null;
}

/** The trainings of this model on the real data; the experiment may hold those of other models too. */
async function lastTraining({ store, config, clock }: Project, { versions }: RegistryState): Promise<Trainings> {
  const experiment = await store.findExperiment(config.mlflow.experiment_name);
  if (experiment === null) return { last: null, leftOut: null };
  const { runs } = await store.searchRuns({
    experimentIds: [experiment.experimentId],
    filter: "attributes.status = 'FINISHED' and tags.`gnu_mlops.operation` = 'train'",
    orderBy: ['attributes.end_time DESC'],
    maxResults: 200,
  });
  const own = new Set(versions.map(({ runId }) => runId));
  const real = runs.filter(({ runId, tags }) => own.has(runId) && tags['gnu_mlops.data_fallback'] === undefined);
  const isPast = ({ endTime }: Run) => (endTime ?? 0) <= clock().getTime() + TOLERANCE_MS;
  return { last: real.find(isPast) ?? null, leftOut: real.find((run) => !isPast(run)) ?? null };
}

function leftOutText({ name, endTime }: Run): string {
  return `Left out: ${name}, which ended in the future (${new Date(endTime!).toISOString()}).`;
}

async function dataGrowth(project: Project, last: Run): Promise<number> {
  const before = await trainingRows(project, last);
  const { target } = await loadTrainingData(project.config, project);
  return before > 0 ? target.labels.length / before : Number.POSITIVE_INFINITY;
}

/** Rows of a training with those that it held out. The params count those that it learned from and tested on, not those between. */
async function trainingRows({ store }: Project, { runId, params }: Run): Promise<number> {
  const profile = (await store.datasetInputs(runId))[0]?.profile;
  const { num_rows } = (profile ? JSON.parse(profile) : {}) as { num_rows?: number };
  return num_rows ?? Number(params.train_rows) + Number(params.test_rows);
}

function days(ms: number): string {
  return (ms / DAY_MS).toFixed(1);
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

import type { DriftReport } from '../monitoring/recent-drift.ts';
import type { Project } from '../project.ts';
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
}

/** Whether and why a retraining is due, by the triggers of the configuration. */
export async function judgeDue(project: Project, { force, hasProduction, drift }: DueFacts): Promise<Due> {
  const last = await lastTraining(project);
  const since = last?.endTime ? new Date(last.endTime).toISOString() : null;
  const due = (reason: Due['reason'], explanation: string): Due => ({ reason, since, explanation });
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

/** The newest training that ended well on the real data; null when there was none. */
async function lastTraining({ store, config }: Project): Promise<Run | null> {
  const experiment = await store.findExperiment(config.mlflow.experiment_name);
  if (experiment === null) return null;
  const { runs } = await store.searchRuns({
    experimentIds: [experiment.experimentId],
    filter: "attributes.status = 'FINISHED' and tags.`gnu_mlops.operation` = 'train'",
    orderBy: ['attributes.end_time DESC'],
    maxResults: 200,
  });
  return runs.find(({ tags }) => tags['gnu_mlops.data_fallback'] === undefined) ?? null;
}

async function dataGrowth(project: Project, last: Run): Promise<number> {
  const before = Number(last.params.train_rows) + Number(last.params.test_rows);
  const { target } = await loadTrainingData(project.config, project);
  return before > 0 ? target.labels.length / before : Number.POSITIVE_INFINITY;
}

function days(ms: number): string {
  return (ms / DAY_MS).toFixed(1);
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

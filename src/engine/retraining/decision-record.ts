import { type Project, retrainingExperiment } from '../project.ts';
import { OWNER_TAG, ownerTag } from '../support/process-identity.ts';
import type { ModelVersion } from '../tracking/store.ts';
import type { RetrainResult } from './results.ts';

const TAG = 'gnu_mlops.retrain.';

/** Writes a decision into the store: a run of `<experiment>_retraining`, readable in MLflow's own UI. */
export async function recordDecision(
  { store, config, actor, clock, redact }: Project,
  result: RetrainResult,
): Promise<void> {
  const { experimentId } = await store.ensureExperiment(retrainingExperiment(config));
  const now = clock().getTime();
  const { contest, challenger, champion, status, decision, due } = result;
  const values = contest && { improvement: contest.improvement, confidence: contest.confidence, rows: contest.rows };
  const run = await store.createRun({
    experimentId,
    name: `retrain-${new Date(now).toISOString().slice(0, 19).replace('T', '-')}`,
    userId: actor,
    startTime: now,
    tags: {
      'gnu_mlops.operation': 'retrain',
      [`${TAG}status`]: status,
      [`${TAG}due`]: due.reason ?? '',
      [`${TAG}model`]: config.mlflow.model_name,
      [`${TAG}champion`]: champion?.version ?? '',
      [`${TAG}challenger`]: challenger?.version ?? '',
      'mlflow.note.content': redact(decision),
      [OWNER_TAG]: ownerTag(),
    },
    metrics: Object.entries(values ?? {}).map(([key, value]) => ({ key, value, timestamp: now, step: 0 })),
  });
  await store.finishRun(run.runId, { status: 'FINISHED', endTime: clock().getTime() });
}

/** What was decided about a challenger. */
export interface Decision {
  status: string;
  /** Version that was in production then; null when none was. */
  champion: string | null;
}

const MOST_DECISIONS = 100;

/** Clocks of machines differ a little. */
const TOLERANCE_MS = 10 * 60_000;

/**
 * The decisions about a version of the configured model, newest first. What was decided before the version was made is about another one
 * with its number: of a model that was deleted since, or of the store that the decision was copied from.
 */
export async function decisionsAbout(
  { store, config }: Project,
  { version, createdAt }: Pick<ModelVersion, 'version' | 'createdAt'>,
): Promise<Decision[]> {
  const experiment = await store.findExperiment(retrainingExperiment(config));
  if (experiment === null) return [];
  const { runs } = await store.searchRuns({
    experimentIds: [experiment.experimentId],
    filter: `tags.\`${TAG}challenger\` = '${version}'`,
    orderBy: ['attributes.start_time DESC'],
    maxResults: MOST_DECISIONS,
  });
  const { model_name } = config.mlflow;
  return runs
    .filter(({ startTime }) => startTime >= createdAt - TOLERANCE_MS)
    .filter(({ tags }) => (tags[`${TAG}model`] ?? model_name) === model_name)
    .map(({ tags }) => ({ status: tags[`${TAG}status`] ?? '', champion: tags[`${TAG}champion`] || null }));
}

import { type Project, retrainingExperiment } from '../project.ts';
import { OWNER_TAG, ownerTag } from '../support/process-identity.ts';
import type { RetrainResult } from './results.ts';

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
      'gnu_mlops.retrain.status': status,
      'gnu_mlops.retrain.due': due.reason ?? '',
      'gnu_mlops.retrain.champion': champion?.version ?? '',
      'gnu_mlops.retrain.challenger': challenger?.version ?? '',
      'mlflow.note.content': redact(decision),
      [OWNER_TAG]: ownerTag(),
    },
    metrics: Object.entries(values ?? {}).map(([key, value]) => ({ key, value, timestamp: now, step: 0 })),
  });
  await store.finishRun(run.runId, { status: 'FINISHED', endTime: clock().getTime() });
}

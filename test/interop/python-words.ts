import type { Run, TrackingStore } from '../../src/engine/tracking/store.ts';

/** A run in the words of store-client.py. */
export async function inPythonWords(store: TrackingStore, run: Run): Promise<unknown> {
  const text = (value: number) => {
    if (Number.isNaN(value)) return 'nan';
    return Number.isFinite(value) ? value : value > 0 ? '1.7976931348623157e+308' : '-1.7976931348623157e+308';
  };
  const history = await store.metricHistory(run.runId, Object.keys(run.metrics));
  const keys = Object.keys(run.metrics).sort();
  return {
    name: run.name,
    status: run.status,
    user: run.userId,
    start: run.startTime,
    end: run.endTime,
    artifacts: run.artifactUri,
    params: { ...run.params },
    tags: { ...run.tags },
    metrics: Object.fromEntries(keys.map((key) => [key, text(run.metrics[key]!)])),
    history: Object.fromEntries(
      keys.map((key) => [
        key,
        history
          .filter((metric) => metric.key === key)
          .map(({ step, timestamp, value }) => [step, timestamp, text(value)]),
      ]),
    ),
    inputs: (await store.datasetInputs(run.runId)).map((d) => [d.name, d.digest, d.sourceType, d.context]),
  };
}

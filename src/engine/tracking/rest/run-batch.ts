import { checkKey, cutParam, cutTag } from '../limits.ts';
import type { DatasetInput, Metric, RunBatch } from '../store.ts';
import type { MlflowApi } from './api.ts';
import { CONTEXT_TAG, toPairs, wireNumber } from './wire.ts';

/** MLflow's limits of one log-batch (mlflow/utils/validation.py). */
const MOST_METRICS = 1000;
const MOST_PARAMS = 100;
const MOST_TAGS = 100;
/** A request may have 1,000,000 bytes; this is what its items may have. */
const MOST_BYTES = 900_000;

/** What a run gains, with names checked and long values cut as MLflow cuts them. */
export function checkedBatch({ params = {}, metrics = [], tags = {}, inputs = [] }: RunBatch): Required<RunBatch> {
  const checked = (kind: 'param' | 'tag', record: Record<string, string>, cut: (value: string) => string) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [checkKey(kind, key), cut(value)]));
  for (const { key } of metrics) checkKey('metric', key);
  return { params: checked('param', params, cutParam), tags: checked('tag', tags, cutTag), metrics, inputs };
}

/**
 * Logs a batch that was checked, in as few requests as the limits allow: params first, because they alone can be refused for what
 * is there already. Every request has the same effect when it is sent twice.
 */
export async function logBatch(api: MlflowApi, runId: string, batch: Required<RunBatch>): Promise<void> {
  for (const part of partsOf(batch)) await api.set('runs/log-batch', { run_id: runId, ...part });
  if (batch.inputs.length > 0) {
    await api.set('runs/log-inputs', { run_id: runId, datasets: batch.inputs.map(wireInput) });
  }
}

interface Part {
  params?: { key: string; value: string }[];
  metrics?: object[];
  tags?: { key: string; value: string }[];
}

function partsOf({ params, metrics, tags }: Required<RunBatch>): Part[] {
  const pairParts = {
    params: inParts(toPairs(params), MOST_PARAMS),
    tags: inParts(toPairs(tags), MOST_TAGS),
  };
  const metricParts = inParts(metrics.map(wireMetric), MOST_METRICS);
  const count = Math.max(pairParts.params.length, pairParts.tags.length, metricParts.length);
  const isSmall = count === 1 && bytesOf([pairParts.params, pairParts.tags, metricParts]) < MOST_BYTES;
  const [allParams] = pairParts.params;
  const [allTags] = pairParts.tags;
  const [allMetrics] = metricParts;
  if (isSmall) {
    return [
      {
        ...(allParams && { params: allParams }),
        ...(allMetrics && { metrics: allMetrics }),
        ...(allTags && { tags: allTags }),
      },
    ];
  }
  return [
    ...pairParts.params.map((part) => ({ params: part })),
    ...metricParts.map((part) => ({ metrics: part })),
    ...pairParts.tags.map((part) => ({ tags: part })),
  ];
}

/** At most `most` items in each part, and no more bytes than a request may have. */
function inParts<T>(items: T[], most: number): T[][] {
  const parts: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const own = bytesOf(item) + 1;
    const last = parts.at(-1);
    if (last === undefined || last.length >= most || bytes + own > MOST_BYTES) {
      parts.push([item]);
      bytes = own;
    } else {
      last.push(item);
      bytes += own;
    }
  }
  return parts;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function wireMetric({ key, value, timestamp, step }: Metric): object {
  return { key, value: wireNumber(value), timestamp: Math.trunc(timestamp), step: Math.trunc(step) };
}

function wireInput({ name, digest, sourceType, source, schema, profile, context }: DatasetInput): object {
  const optional = { ...(schema === null ? {} : { schema }), ...(profile === null ? {} : { profile }) };
  return {
    tags: [{ key: CONTEXT_TAG, value: context }],
    dataset: { name, digest, source_type: sourceType, source, ...optional },
  };
}

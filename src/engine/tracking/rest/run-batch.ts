import { checkKey, cutParam, cutTag } from '../limits.ts';
import type { DatasetInput, Metric, RunBatch } from '../store.ts';
import type { MlflowApi } from './api.ts';
import { CONTEXT_TAG, toPairs, wireNumber } from './wire.ts';

/** MLflow's limits of one log-batch (mlflow/utils/validation.py). */
const MOST_METRICS = 1000;
const MOST_PARAMS = 100;
const MOST_TAGS = 100;
/** Of all kinds together. */
const MOST_ITEMS = 1000;
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

interface Pair {
  key: string;
  value: string;
}

interface Part {
  params?: Pair[];
  metrics?: object[];
  tags?: Pair[];
}

/** Fills one request after the other, in the order of params, metrics, tags. */
function partsOf({ params, metrics, tags }: Required<RunBatch>): Part[] {
  const parts: Required<Part>[] = [];
  const room = { params: 0, metrics: 0, tags: 0, items: 0, bytes: 0 };
  const add = (kind: keyof Part, item: Pair | object) => {
    const bytes = bytesOf(item) + 1;
    if (room[kind] < 1 || room.items < 1 || room.bytes < bytes) {
      parts.push({ params: [], metrics: [], tags: [] });
      Object.assign(room, { params: MOST_PARAMS, metrics: MOST_METRICS, tags: MOST_TAGS });
      Object.assign(room, { items: MOST_ITEMS, bytes: MOST_BYTES });
    }
    (parts.at(-1)![kind] as object[]).push(item);
    room[kind] -= 1;
    room.items -= 1;
    room.bytes -= bytes;
  };
  for (const item of toPairs(params)) add('params', item);
  for (const item of metrics) add('metrics', wireMetric(item));
  for (const item of toPairs(tags)) add('tags', item);
  return parts.map(withoutEmpty);
}

function withoutEmpty(part: Required<Part>): Part {
  return Object.fromEntries(Object.entries(part).filter(([, items]) => items.length > 0));
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

// What MLflow's REST API answers (mlflow/protos/service.proto, model_registry.proto). Every field may be missing.
import type { DatasetInput, Experiment, Metric, ModelVersion, RegisteredModel, Run, RunStatus } from '../store.ts';

interface Pair {
  key: string;
  value?: string;
}

/** int64 comes as a number or as text. */
type Long = number | string;

export interface WireExperiment {
  experiment_id: string;
  name: string;
  artifact_location?: string;
  lifecycle_stage?: string;
  last_update_time?: Long;
  tags?: Pair[];
}

export interface WireMetric {
  key: string;
  /** NaN and infinities are text. */
  value?: number | string;
  timestamp?: Long;
  step?: Long;
}

export interface WireRun {
  info: {
    run_id: string;
    experiment_id: string;
    run_name?: string;
    user_id?: string;
    status?: RunStatus;
    start_time?: Long;
    end_time?: Long;
    artifact_uri?: string;
    lifecycle_stage?: string;
  };
  data?: { metrics?: WireMetric[]; params?: Pair[]; tags?: Pair[] };
  inputs?: { dataset_inputs?: WireInput[] };
}

interface WireInput {
  tags?: Pair[];
  dataset: { name: string; digest: string; source_type: string; source: string; schema?: string; profile?: string };
}

export interface WireModel {
  name: string;
  creation_timestamp?: Long;
  last_updated_timestamp?: Long;
  description?: string;
  tags?: Pair[];
  aliases?: { alias: string; version: Long }[];
}

export interface WireVersion {
  name: string;
  version: Long;
  creation_timestamp?: Long;
  last_updated_timestamp?: Long;
  description?: string;
  user_id?: string;
  current_stage?: ModelVersion['stageField'];
  status?: ModelVersion['status'];
  source?: string;
  run_id?: string;
  tags?: Pair[];
  aliases?: string[];
}

export function toExperiment(wire: WireExperiment): Experiment {
  return {
    experimentId: wire.experiment_id,
    name: wire.name,
    artifactLocation: wire.artifact_location ?? '',
    tags: toRecord(wire.tags),
  };
}

export function toRun({ info, data = {} }: WireRun): Run {
  const tags = toRecord(data.tags);
  return {
    runId: info.run_id,
    experimentId: info.experiment_id,
    name: info.run_name || (tags['mlflow.runName'] ?? ''),
    status: info.status ?? 'RUNNING',
    userId: info.user_id || (tags['mlflow.user'] ?? ''),
    startTime: Number(info.start_time ?? 0),
    endTime: info.end_time === undefined ? null : Number(info.end_time),
    artifactUri: info.artifact_uri ?? '',
    params: toRecord(data.params),
    metrics: fromEntries((data.metrics ?? []).map((metric) => [metric.key, toNumber(metric.value)])),
    tags,
  };
}

export function toMetric({ key, value, timestamp = 0, step = 0 }: WireMetric): Metric {
  return { key, value: toNumber(value), timestamp: Number(timestamp), step: Number(step) };
}

/** In the order of their names. */
export function toInputs({ inputs }: WireRun): DatasetInput[] {
  const found = (inputs?.dataset_inputs ?? []).map(({ dataset, tags = [] }) => ({
    name: dataset.name,
    digest: dataset.digest,
    sourceType: dataset.source_type,
    source: dataset.source,
    schema: dataset.schema ?? null,
    profile: dataset.profile ?? null,
    context: tags.find(({ key }) => key === CONTEXT_TAG)?.value ?? '',
  }));
  return found.sort((a, b) => compare(a.name, b.name) || compare(a.digest, b.digest));
}

export function toModel(wire: WireModel): RegisteredModel {
  const aliases = (wire.aliases ?? []).map(({ alias, version }): [string, string] => [alias, String(version)]);
  return {
    name: wire.name,
    description: wire.description ?? '',
    createdAt: Number(wire.creation_timestamp ?? 0),
    updatedAt: Number(wire.last_updated_timestamp ?? 0),
    tags: toRecord(wire.tags),
    aliases: fromEntries(aliases.sort(([a], [b]) => compare(a, b))),
  };
}

export function toVersion(wire: WireVersion): ModelVersion {
  return {
    name: wire.name,
    version: String(wire.version),
    createdAt: Number(wire.creation_timestamp ?? 0),
    updatedAt: Number(wire.last_updated_timestamp ?? 0),
    description: wire.description ?? '',
    userId: wire.user_id ?? '',
    stageField: wire.current_stage ?? 'None',
    status: wire.status ?? 'READY',
    source: wire.source ?? '',
    runId: wire.run_id || null,
    tags: toRecord(wire.tags),
    aliases: (wire.aliases ?? []).toSorted(compare),
  };
}

export const CONTEXT_TAG = 'mlflow.data.context';

/** Pairs as the API takes them. */
export function toPairs(record: Record<string, string>): { key: string; value: string }[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

/** JSON has neither NaN nor infinities: they are sent as text. */
export function wireNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** Stores keep infinities as the largest finite numbers. */
function toNumber(value: number | string | undefined): number {
  const number = Number(value ?? 0);
  if (Math.abs(number) < Number.MAX_VALUE || Number.isNaN(number)) return number;
  return number > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

function toRecord(pairs: Pair[] = []): Record<string, string> {
  return fromEntries(pairs.map(({ key, value = '' }) => [key, value]));
}

/** Also for a key that is called `__proto__`. */
function fromEntries<T>(entries: [string, T][]): Record<string, T> {
  return Object.fromEntries(entries);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

import { OWNER_TAG } from '../support/process-identity.ts';
import { throwIfCancelled } from '../support/progress.ts';
import type { Metric, Run, TrackingStore } from '../tracking/store.ts';
import { COPIED_FROM_TAG, type RunStub, runOrigin, runStubs } from './origin.ts';
import { PARENT_TAG, type Parents } from './parents.ts';
import { copyFiles, FILES_TAG, type FileRemarks, isThere } from './run-files.ts';

/** MLflow takes no more values at once. */
const METRICS_AT_ONCE = 1000;
const PAIRS_AT_ONCE = 100;

/** The copies that a target holds of runs, by origin. */
export class CopiedRuns {
  readonly #target: TrackingStore | null;
  readonly #byExperiment = new Map<string, Promise<Map<string, RunStub>>>();

  /** @param target null: a store that is yet to be made, which holds nothing */
  constructor(target: TrackingStore | null) {
    this.#target = target;
  }

  /** The run's copy in the experiment of this name; RUNNING when copying was interrupted. Undefined when there is none. */
  async find(experimentName: string, origin: string): Promise<RunStub | undefined> {
    return (await this.#of(experimentName)).get(origin);
  }

  /** The copies that name a run of the source as their parent, because that had no copy when they were made. */
  async children(experimentName: string, parentIds: string[]): Promise<RunStub[]> {
    const all = [...(await this.#of(experimentName)).values()];
    return all.filter(({ tags }) => parentIds.includes(tags[PARENT_TAG] ?? ''));
  }

  async add(experimentName: string, origin: string, copy: RunStub): Promise<void> {
    (await this.#of(experimentName)).set(origin, copy);
  }

  #of(experimentName: string): Promise<Map<string, RunStub>> {
    const known = this.#byExperiment.get(experimentName) ?? this.#load(experimentName);
    this.#byExperiment.set(experimentName, known);
    return known;
  }

  async #load(experimentName: string): Promise<Map<string, RunStub>> {
    const experiment = (await this.#target?.findExperiment(experimentName)) ?? null;
    if (experiment === null) return new Map();
    const stubs = await runStubs(this.#target!, experiment.experimentId, [FILES_TAG, PARENT_TAG]);
    return new Map(stubs.map((stub) => [runOrigin(stub), stub]));
  }
}

export interface RunCopy {
  source: TrackingStore;
  target: TrackingStore;
  copies: CopiedRuns;
  files: FileRemarks;
  parents: Parents;
  signal?: AbortSignal | undefined;
}

/** A run to copy, and where to. */
export interface RunToCopy {
  stub: RunStub;
  experimentName: string;
  /** Tags as they are to be in the target; the source's unless given. */
  tags?: ((tags: Record<string, string>) => Record<string, string>) | undefined;
}

/**
 * Copies one run with params, metric history, tags, dataset inputs and artifacts; goes on with a copy that was interrupted. It is RUNNING
 * until everything is there.
 * @returns the copy's id
 */
export async function copyRun(
  pair: RunCopy,
  { stub, experimentName, tags = (same) => same }: RunToCopy,
): Promise<string> {
  const { source, target, copies, parents, signal } = pair;
  throwIfCancelled(signal);
  const origin = runOrigin(stub);
  const existing = await copies.find(experimentName, origin);
  if (existing !== undefined && (await isThere(source, stub, existing))) return existing.runId;
  const run = await source.getRun(stub.runId);
  const parent = await parents.tagOf(experimentName, run);
  const inTarget = (own: Record<string, string>) => ({ ...tags(own), ...parent });
  const copy =
    existing === undefined ? await begin(target, run, experimentName, inTarget) : await target.getRun(existing.runId);
  await logEverything({ source, target }, run, copy.runId, inTarget);
  await parents.adopt(experimentName, run, copy.runId);
  const files = await copyFiles(pair, experimentName, run, copy);
  throwIfCancelled(signal);
  const said = files === undefined ? {} : { [FILES_TAG]: files };
  await target.finishRun(copy.runId, {
    status: run.status,
    endTime: run.endTime ?? run.startTime,
    batch: { tags: said },
  });
  // With its parent, by which the copy of that finds it; a copy that was gone on with may say less.
  const told = { ...copy.tags, ...said, ...nesting(run.tags), ...parent };
  await copies.add(experimentName, origin, { ...copy, status: run.status, tags: told });
  return copy.runId;
}

/** Its origin comes with its first request: a copy that nobody could find again would be double. */
async function begin(
  target: TrackingStore,
  run: Run,
  experimentName: string,
  tags: (tags: Record<string, string>) => Record<string, string>,
): Promise<Run> {
  const { experimentId } = await target.ensureExperiment(experimentName);
  const first = Object.entries(copiedTags(run, tags)).slice(0, PAIRS_AT_ONCE - 5);
  return target.createRun({
    experimentId,
    name: run.name,
    userId: run.userId,
    startTime: run.startTime,
    tags: { ...Object.fromEntries(first), [COPIED_FROM_TAG]: runOrigin(run) },
  });
}

function nesting({ [PARENT_TAG]: parent }: Record<string, string>): Record<string, string> {
  return parent === undefined ? {} : { [PARENT_TAG]: parent };
}

/** The owner stays behind: a process of another machine, or none any more, which would make the copy look abandoned. */
function copiedTags(run: Run, tags: (tags: Record<string, string>) => Record<string, string>): Record<string, string> {
  const { [OWNER_TAG]: _owner, [FILES_TAG]: _files, ...rest } = tags(run.tags);
  return { ...rest, [COPIED_FROM_TAG]: runOrigin(run) };
}

/** Everything may be said twice: params and tags are the same again, and of equal values of a metric one is kept. */
async function logEverything(
  { source, target }: Pick<RunCopy, 'source' | 'target'>,
  run: Run,
  copyId: string,
  tags: (tags: Record<string, string>) => Record<string, string>,
): Promise<void> {
  for (const params of chunks(Object.entries(run.params), PAIRS_AT_ONCE)) {
    await target.logBatch(copyId, { params: Object.fromEntries(params) });
  }
  for (const some of chunks(Object.entries(copiedTags(run, tags)), PAIRS_AT_ONCE)) {
    await target.logBatch(copyId, { tags: Object.fromEntries(some) });
  }
  const history: Metric[] = await source.metricHistory(run.runId, Object.keys(run.metrics));
  for (const metrics of chunks(history, METRICS_AT_ONCE)) await target.logBatch(copyId, { metrics });
  const inputs = await source.datasetInputs(run.runId);
  if (inputs.length > 0) await target.logBatch(copyId, { inputs });
}

function* chunks<T>(items: T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

import type { Run, TrackingStore } from '../tracking/store.ts';
import type { CopiedRuns } from './copy-runs.ts';
import { type RunStub, runOrigin } from './origin.ts';

/** Tag by which MLflow nests a run in another. */
export const PARENT_TAG = 'mlflow.parentRunId';

/**
 * Runs in an order in which every parent comes before its children, because they name it by the id that its copy gets. Those whose
 * parent goes on wait for it, as if they went on themselves.
 */
export function parentsFirst(runs: RunStub[]): RunStub[] {
  const byId = new Map(runs.map((run) => [run.runId, run]));
  const ancestors = (run: RunStub): RunStub[] => {
    const found: RunStub[] = [];
    for (let each = parentOf(run, byId); each !== undefined && !found.includes(each); each = parentOf(each, byId)) {
      found.push(each);
    }
    return found;
  };
  return runs
    .map((run) => ({ run, above: ancestors(run) }))
    .toSorted((a, b) => a.above.length - b.above.length)
    .map(({ run, above }) => (above.some(({ status }) => status === 'RUNNING') ? { ...run, status: 'RUNNING' } : run));
}

function parentOf({ tags }: RunStub, byId: ReadonlyMap<string, RunStub>): RunStub | undefined {
  return byId.get(tags[PARENT_TAG] ?? '');
}

/** Finds the copies of parents; each parent is looked up once. */
export class Parents {
  readonly #source: TrackingStore;
  readonly #copies: CopiedRuns;
  readonly #origins = new Map<string, Promise<string | null>>();

  constructor(source: TrackingStore, copies: CopiedRuns) {
    this.#source = source;
    this.#copies = copies;
  }

  /** The tag as it is in the target; one whose parent is not there stays as it is. */
  async tagOf(experimentName: string, { tags }: Pick<Run, 'tags'>): Promise<Record<string, string>> {
    const parent = tags[PARENT_TAG];
    if (parent === undefined) return {};
    const known = this.#origins.get(parent) ?? this.#originOf(parent);
    this.#origins.set(parent, known);
    const origin = await known;
    const copy = origin === null ? undefined : await this.#copies.find(experimentName, origin);
    return copy === undefined ? {} : { [PARENT_TAG]: copy.runId };
  }

  async #originOf(runId: string): Promise<string | null> {
    const [run] = await this.#source.getRuns([runId]);
    return run === undefined ? null : runOrigin(run);
  }
}

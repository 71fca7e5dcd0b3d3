import type { Run, TrackingStore } from '../tracking/store.ts';
import type { CopiedRuns } from './copy-runs.ts';
import { type RunStub, runOrigin } from './origin.ts';

/** Tag by which MLflow nests a run in another. */
export const PARENT_TAG = 'mlflow.parentRunId';

/** Runs in an order in which every parent comes before its children, because they name it by the id that its copy gets. */
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
    .map(({ run }) => run);
}

function parentOf({ tags }: RunStub, byId: ReadonlyMap<string, RunStub>): RunStub | undefined {
  return byId.get(tags[PARENT_TAG] ?? '');
}

/** Finds the copies of parents; each parent is looked up once. Children do not wait for one that goes on, which may be for ever. */
export class Parents {
  readonly #source: TrackingStore;
  readonly #target: TrackingStore;
  readonly #copies: CopiedRuns;
  readonly #origins = new Map<string, Promise<string | null>>();

  constructor(source: TrackingStore, target: TrackingStore, copies: CopiedRuns) {
    this.#source = source;
    this.#target = target;
    this.#copies = copies;
  }

  /** The tag as it is in the target; one whose parent is not there yet stays as it is until that comes: see `adopt`. */
  async tagOf(experimentName: string, { tags }: Pick<Run, 'tags'>): Promise<Record<string, string>> {
    const parent = tags[PARENT_TAG];
    if (parent === undefined) return {};
    const known = this.#origins.get(parent) ?? this.#originOf(parent);
    this.#origins.set(parent, known);
    const origin = await known;
    const copy = origin === null ? undefined : await this.#copies.find(experimentName, origin);
    return copy === undefined ? {} : { [PARENT_TAG]: copy.runId };
  }

  /** Nests the children that came before their parent in its copy; those that came from a copy may name the first original. */
  async adopt(experimentName: string, parent: Run, copyId: string): Promise<void> {
    for (const child of await this.#copies.children(experimentName, [parent.runId, runOrigin(parent)])) {
      await this.#target.logBatch(child.runId, { tags: { [PARENT_TAG]: copyId } });
    }
  }

  async #originOf(runId: string): Promise<string | null> {
    const [run] = await this.#source.getRuns([runId]);
    return run === undefined ? null : runOrigin(run);
  }
}

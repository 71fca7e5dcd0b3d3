import { EngineError } from '../../support/errors.ts';
import { checkExperimentName, checkKey } from '../limits.ts';
import type { Experiment } from '../store.ts';
import type { MlflowApi } from './api.ts';
import { toExperiment, type WireExperiment } from './wire.ts';

const PAGE = 1000;
/** For so long an experiment is known by its name, ms: one command asks for the same ones several times. */
const KNOWN_MS = 30_000;

/** The experiments of a server by their names. */
export class Experiments {
  readonly #api: MlflowApi;
  readonly #isSearchable: boolean;
  readonly #known = new Map<string, { experiment: Experiment; until: number }>();

  /** @param isSearchable whether a search by the beginning of names means the names that are used here */
  constructor(api: MlflowApi, isSearchable: boolean) {
    this.#api = api;
    this.#isSearchable = isSearchable;
  }

  /** The experiment called `name`, made when missing. */
  async ensure(name: string): Promise<Experiment> {
    const known = this.#recall(checkExperimentName(name)) ?? (await findAny(this.#api, name));
    if (known !== null) return this.#keep(requireActive(known));
    try {
      await this.#api.create('experiments/create', { name });
    } catch (error) {
      // Somebody else made it just now, or the answer to our own request was lost.
      const made = await findAny(this.#api, name).catch(() => null);
      if (made === null) throw error;
      return this.#keep(requireActive(made));
    }
    return this.#keep(requireActive((await findAny(this.#api, name))!));
  }

  /** The active experiment called `name`. */
  async find(name: string): Promise<Experiment | null> {
    const known = this.#recall(name);
    if (known !== null) return known;
    const found = await findAny(this.#api, name);
    return found === null || isDeleted(found) ? null : this.#keep(toExperiment(found));
  }

  /** Those of these names that are there: by one search when they begin alike. */
  async findAll(names: string[]): Promise<Experiment[]> {
    const prefix = names.reduce(commonPrefix);
    if (this.#isSearchable && names.length > 1 && prefix !== '' && !prefix.includes("'")) {
      const found = await search(this.#api, { filter: `name LIKE '${prefix}%'` });
      return found.filter(({ name }) => names.includes(name)).map((experiment) => this.#keep(experiment));
    }
    const found = await Promise.all(names.map((name) => this.find(name)));
    return found.filter((experiment) => experiment !== null);
  }

  /** All active experiments, oldest first. */
  list(): Promise<Experiment[]> {
    return listExperiments(this.#api);
  }

  async tag(experimentId: string, tags: Record<string, string>): Promise<void> {
    // What is known of it is not so any more.
    this.#known.clear();
    for (const [key, value] of Object.entries(tags)) {
      const body = { experiment_id: experimentId, key: checkKey('tag', key), value };
      await this.#api.set('experiments/set-experiment-tag', body);
    }
  }

  #recall(name: string): Experiment | null {
    const known = this.#known.get(name);
    return known !== undefined && known.until > performance.now() ? known.experiment : null;
  }

  #keep(experiment: Experiment): Experiment {
    this.#known.set(experiment.name, { experiment, until: performance.now() + KNOWN_MS });
    return experiment;
  }
}

/** All active experiments, oldest first. */
export async function listExperiments(api: MlflowApi): Promise<Experiment[]> {
  return (await search(api, {})).sort((a, b) => Number(a.experimentId) - Number(b.experimentId));
}

async function search(api: MlflowApi, wanted: { filter?: string }): Promise<Experiment[]> {
  const found = await api.all(async (page_token) => {
    const page = page_token === undefined ? {} : { page_token };
    const { experiments = [], next_page_token } = await api.search<{
      experiments?: WireExperiment[];
      next_page_token?: string;
    }>('experiments/search', { ...wanted, max_results: PAGE, view_type: 'ACTIVE_ONLY', ...page });
    return { items: experiments, token: next_page_token };
  });
  return found.map(toExperiment);
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}

async function findAny(api: MlflowApi, name: string): Promise<WireExperiment | null> {
  const found = await api.find<{ experiment: WireExperiment }>('experiments/get-by-name', { experiment_name: name });
  return found?.experiment ?? null;
}

function requireActive(found: WireExperiment | Experiment): Experiment {
  if ('experimentId' in found) return found;
  if (!isDeleted(found)) return toExperiment(found);
  throw new EngineError('conflict', `The experiment "${found.name}" exists but was deleted.`, {
    fix: `Restore it ("mlflow experiments restore -x ${found.experiment_id}") or set another mlflow.experiment_name.`,
  });
}

function isDeleted({ lifecycle_stage }: WireExperiment): boolean {
  return lifecycle_stage === 'deleted';
}

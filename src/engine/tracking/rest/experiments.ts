import { EngineError } from '../../support/errors.ts';
import { checkExperimentName, checkKey } from '../limits.ts';
import type { Experiment } from '../store.ts';
import type { MlflowApi } from './api.ts';
import { toExperiment, type WireExperiment } from './wire.ts';

const PAGE = 1000;

/** The experiment called `name`, made when missing. */
export async function ensureExperiment(api: MlflowApi, name: string): Promise<Experiment> {
  const known = await findAny(api, checkExperimentName(name));
  if (known !== null) return requireActive(known);
  try {
    await api.create('experiments/create', { name });
  } catch (error) {
    // Somebody else made it just now, or the answer to our own request was lost.
    const made = await findAny(api, name).catch(() => null);
    if (made === null) throw error;
    return requireActive(made);
  }
  return requireActive((await findAny(api, name))!);
}

/** The active experiment called `name`. */
export async function findExperiment(api: MlflowApi, name: string): Promise<Experiment | null> {
  const found = await findAny(api, name);
  return found === null || isDeleted(found) ? null : toExperiment(found);
}

/** All active experiments, oldest first. */
export async function listExperiments(api: MlflowApi): Promise<Experiment[]> {
  const found = await api.all(async (page_token) => {
    const body = { max_results: PAGE, view_type: 'ACTIVE_ONLY', ...(page_token === undefined ? {} : { page_token }) };
    const { experiments = [], next_page_token } = await api.search<{
      experiments?: WireExperiment[];
      next_page_token?: string;
    }>('experiments/search', body);
    return { items: experiments, token: next_page_token };
  });
  return found.map(toExperiment).sort((a, b) => Number(a.experimentId) - Number(b.experimentId));
}

export async function tagExperiment(api: MlflowApi, experimentId: string, tags: Record<string, string>): Promise<void> {
  for (const [key, value] of Object.entries(tags)) {
    await api.set('experiments/set-experiment-tag', { experiment_id: experimentId, key: checkKey('tag', key), value });
  }
}

async function findAny(api: MlflowApi, name: string): Promise<WireExperiment | null> {
  const found = await api.find<{ experiment: WireExperiment }>('experiments/get-by-name', { experiment_name: name });
  return found?.experiment ?? null;
}

function requireActive(found: WireExperiment): Experiment {
  if (!isDeleted(found)) return toExperiment(found);
  throw new EngineError('conflict', `The experiment "${found.name}" exists but was deleted.`, {
    fix: `Restore it ("mlflow experiments restore -x ${found.experiment_id}") or set another mlflow.experiment_name.`,
  });
}

function isDeleted({ lifecycle_stage }: WireExperiment): boolean {
  return lifecycle_stage === 'deleted';
}

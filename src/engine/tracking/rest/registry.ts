import { EngineError } from '../../support/errors.ts';
import { checkKey, checkModelName, checkVersionTag } from '../limits.ts';
import type { ModelRemarks, ModelVersion, NewModelVersion, RegisteredModel } from '../store.ts';
import type { MlflowApi } from './api.ts';
import { toModel, toPairs, toVersion, type WireModel, type WireVersion } from './wire.ts';

const MODELS_PAGE = 1000;
const VERSIONS_PAGE = 10_000;

/** All registered models by name. */
export async function listModels(api: MlflowApi): Promise<RegisteredModel[]> {
  const found = await api.all(async (page_token) => {
    const query = { max_results: MODELS_PAGE, ...(page_token === undefined ? {} : { page_token }) };
    const answer = await api.get<{ registered_models?: WireModel[]; next_page_token?: string }>(
      'registered-models/search',
      query,
    );
    return { items: answer.registered_models ?? [], token: answer.next_page_token };
  });
  return found.map(toModel).sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function findModel(api: MlflowApi, name: string): Promise<RegisteredModel | null> {
  const found = await api.find<{ registered_model: WireModel }>('registered-models/get', { name });
  return found === null ? null : toModel(found.registered_model);
}

export async function describeModel(api: MlflowApi, name: string, remarks: ModelRemarks): Promise<void> {
  const { tags = {}, description } = remarks;
  for (const [key, value] of Object.entries(tags)) {
    await api.set('registered-models/set-tag', { name, key: checkKey('tag', key), value });
  }
  if (description !== undefined) await api.set('registered-models/update', { name, description }, 'PATCH');
}

/**
 * All versions of a model, newest first. Two requests, however many there are up to 10,000, and one when the model is known; where each
 * of them lies is not asked.
 */
export async function listVersions(api: MlflowApi, name: string, known?: RegisteredModel): Promise<ModelVersion[]> {
  const model = known ?? (await findModel(api, name));
  if (model === null) return [];
  const versions = (await searchVersions(api, named(name))).map(toVersion);
  const holders = Map.groupBy(Object.keys(model.aliases), (alias) => model.aliases[alias]!);
  return versions
    .map((version) => ({ ...version, aliases: holders.get(version.version) ?? [] }))
    .sort((a, b) => Number(b.version) - Number(a.version));
}

function named(name: string): string {
  return `name=${name.includes("'") ? `"${name}"` : `'${name}'`}`;
}

function searchVersions(api: MlflowApi, filter: string): Promise<WireVersion[]> {
  return api.all(async (page_token) => {
    const query = { filter, max_results: VERSIONS_PAGE, ...(page_token === undefined ? {} : { page_token }) };
    const answer = await api.get<{ model_versions?: WireVersion[]; next_page_token?: string }>(
      'model-versions/search',
      query,
    );
    return { items: answer.model_versions ?? [], token: answer.next_page_token };
  });
}

/** @throws EngineError `not-found` */
export async function getVersion(api: MlflowApi, name: string, version: string): Promise<ModelVersion> {
  const found = /^\d+$/.test(version)
    ? await api.find<{ model_version: WireVersion }>('model-versions/get', { name, version })
    : null;
  if (found !== null) return toVersion(found.model_version);
  throw new EngineError('not-found', `The model "${name}" has no version ${version}.`, {
    fix: 'See the versions with: gnu-mlops info --history',
  });
}

/**
 * Registers a version of a run's model. After a lost answer the version is looked for among those that the run gained since, so that
 * nothing is made twice and the versions that the run has already (copies of a model come from one run) are not taken for it.
 */
export async function createVersion(api: MlflowApi, version: NewModelVersion): Promise<ModelVersion> {
  const { name, source, runId, description = '', tags = {} } = version;
  for (const [key, value] of Object.entries(tags)) checkVersionTag(key, value);
  const before = await numbersOfRun(api, checkModelName(name), runId);
  const body = { name, source, run_id: runId, description, tags: toPairs(tags) };
  try {
    return await createIn(api, body);
  } catch (error) {
    if (!EngineError.is(error, 'unreachable')) throw error;
    const made = (await versionsOfRun(api, name, runId)).filter((each) => !before.has(String(each.version)));
    const [own, ...others] = made.filter((each) => each.source === source && each.status !== 'PENDING_REGISTRATION');
    // Two from the same place in this very moment: nobody can tell whose is whose.
    if (own === undefined || others.length > 0) throw error;
    return toVersion(own);
  }
}

/** Most models are there already, so they are made only when the server says that there is none. */
async function createIn(api: MlflowApi, body: { name: string }): Promise<ModelVersion> {
  const create = () => api.create<{ model_version: WireVersion }>('model-versions/create', body);
  const made = await create().catch(async (error) => {
    if (!EngineError.is(error, 'not-found')) throw error;
    await ensureModel(api, body.name);
    return create();
  });
  return toVersion(made.model_version);
}

async function numbersOfRun(api: MlflowApi, name: string, runId: string): Promise<Set<string>> {
  return new Set((await versionsOfRun(api, name, runId)).map(({ version }) => String(version)));
}

/** Every registry can search by run, and not every one by run and name. */
async function versionsOfRun(api: MlflowApi, name: string, runId: string): Promise<WireVersion[]> {
  return (await searchVersions(api, `run_id='${runId}'`)).filter((version) => version.name === name);
}

async function ensureModel(api: MlflowApi, name: string): Promise<void> {
  if ((await findModel(api, name)) !== null) return;
  try {
    await api.create('registered-models/create', { name });
  } catch (error) {
    // Somebody else made it just now, or the answer was lost.
    if ((await findModel(api, name).catch(() => null)) === null) throw error;
  }
}

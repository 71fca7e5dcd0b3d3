import { EngineError } from '../../support/errors.ts';
import { checkModelName, checkVersionTag } from '../limits.ts';
import type { ModelVersion, NewModelVersion, RegisteredModel } from '../store.ts';
import type { MlflowApi } from './api.ts';
import type { Locations } from './locations.ts';
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

/** All versions of a model, newest first. Two requests, however many there are. */
export async function listVersions(api: MlflowApi, locations: Locations, name: string): Promise<ModelVersion[]> {
  const model = await findModel(api, name);
  if (model === null) return [];
  const found = await searchVersions(api, name);
  const versions = await locations.ofAll(found);
  const holders = Map.groupBy(Object.keys(model.aliases), (alias) => model.aliases[alias]!);
  return versions
    .map((version) => ({ ...version, aliases: holders.get(version.version) ?? [] }))
    .sort((a, b) => Number(b.version) - Number(a.version));
}

function searchVersions(api: MlflowApi, name: string): Promise<WireVersion[]> {
  const filter = `name=${name.includes("'") ? `"${name}"` : `'${name}'`}`;
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
export async function getVersion(
  api: MlflowApi,
  locations: Locations,
  name: string,
  version: string,
): Promise<ModelVersion> {
  const found = /^\d+$/.test(version)
    ? await api.find<{ model_version: WireVersion }>('model-versions/get', { name, version })
    : null;
  if (found !== null) return toVersion(found.model_version, await locations.of(found.model_version));
  throw new EngineError('not-found', `The model "${name}" has no version ${version}.`, {
    fix: 'See the versions with: gnu-mlops info --history',
  });
}

/**
 * Registers a version of a run's model. An answer that was lost is looked for first, so that a run never has two.
 * @returns its number
 */
export async function createVersion(api: MlflowApi, version: NewModelVersion): Promise<string> {
  const { name, source, runId, description = '', tags = {} } = version;
  for (const [key, value] of Object.entries(tags)) checkVersionTag(key, value);
  await ensureModel(api, name);
  const body = { name, source, run_id: runId, description, tags: toPairs(tags) };
  try {
    return String(
      (await api.create<{ model_version: WireVersion }>('model-versions/create', body)).model_version.version,
    );
  } catch (error) {
    if (!EngineError.is(error, 'unreachable')) throw error;
    const made = (await searchVersions(api, name)).find(({ run_id }) => run_id === runId);
    if (made === undefined) throw error;
    return String(made.version);
  }
}

async function ensureModel(api: MlflowApi, name: string): Promise<void> {
  if ((await findModel(api, checkModelName(name))) !== null) return;
  try {
    await api.create('registered-models/create', { name });
  } catch (error) {
    // Somebody else made it just now, or the answer was lost.
    if ((await findModel(api, name).catch(() => null)) === null) throw error;
  }
}

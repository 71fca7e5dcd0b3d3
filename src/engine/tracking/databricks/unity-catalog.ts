import type { WorkspaceClient } from '../../databricks/workspace-client.ts';
import { EngineError } from '../../support/errors.ts';
import type { ApiRequest } from '../rest/api.ts';
import type { WireModel, WireVersion } from '../rest/wire.ts';
import type { Registry } from './server.ts';
import { type NewVersion, registerVersion } from './version-upload.ts';

const PAGE = 100;
/** So many are asked for at the same time. */
const AT_ONCE = 8;
const BASE = '/api/2.0/mlflow/unity-catalog/';

/** As Unity Catalog has them: an alias beside the version that it is at. */
type UnityVersion = Omit<WireVersion, 'aliases'> & { aliases?: (string | { alias: string })[] };

/**
 * Unity Catalog's registry in MLflow's dialect. It has three-level names, aliases, and no stages; its searches tell neither tags nor
 * aliases, which are asked for one by one; and the files of a version have to be brought there.
 */
export class UnityCatalog implements Registry {
  readonly #client: WorkspaceClient;
  readonly #modelFolder: (source: string) => Promise<string | null>;

  /** @param modelFolder the folder of this machine, or a copy, of what `runs:/...` or an artifact URI names */
  constructor(client: WorkspaceClient, modelFolder: (source: string) => Promise<string | null>) {
    this.#client = client;
    this.#modelFolder = modelFolder;
  }

  async json(request: ApiRequest): Promise<unknown> {
    switch (`${request.method} ${request.path}`) {
      case 'GET registered-models/search':
        return this.#searchModels(request);
      case 'GET model-versions/search':
        return this.#searchVersions(request);
      case 'GET model-versions/get':
        return { model_version: flat((await this.#send<{ model_version: UnityVersion }>(request)).model_version) };
      case 'POST model-versions/create':
        return { model_version: flat(await this.#register(request.body as NewVersion)) };
      case 'POST registered-models/create':
        requireThreeLevels((request.body as { name: string }).name);
        return this.#send(request);
      case 'POST model-versions/transition-stage':
        return {};
      default:
        return this.#send(request);
    }
  }

  /** Removes versions of this run that were cut off before they became READY; nobody would finish them. */
  async abandon(runId: string): Promise<void> {
    for (const { name, version } of await this.#pending(`run_id='${runId}'`)) {
      const body = { name, version: String(version) };
      await this.#send({ method: 'DELETE', path: 'model-versions/delete', body, isRepeatable: true });
    }
  }

  /** When each model was changed; aliases and tags would take a request per model, so that those are seen later. */
  changes(): Promise<unknown> {
    return this.#send({ method: 'GET', path: 'registered-models/search', query: { max_results: PAGE } });
  }

  async #register(version: NewVersion): Promise<UnityVersion> {
    requireThreeLevels(version.name);
    const pending = await this.#pending(`run_id='${version.run_id}'`);
    const begun = pending.find(({ name }) => name === version.name);
    const folder = await this.#modelFolder(version.source);
    if (folder === null) {
      throw new EngineError('invalid-model', `There is no model at ${version.source} that could be registered.`, {
        fix: 'Train again, or register a run that has one.',
      });
    }
    const number = await registerVersion(this.#client, { ...version, folder, begun: begun && String(begun.version) });
    const query = { name: version.name, version: number };
    return (await this.#send<{ model_version: UnityVersion }>({ method: 'GET', path: 'model-versions/get', query }))
      .model_version;
  }

  async #pending(filter: string): Promise<UnityVersion[]> {
    const { model_versions = [] } = await this.#send<{ model_versions?: UnityVersion[] }>({
      method: 'GET',
      path: 'model-versions/search',
      query: { filter, max_results: PAGE },
    });
    return model_versions.filter(({ status }) => status === 'PENDING_REGISTRATION');
  }

  async #searchModels({ query = {}, ...request }: ApiRequest): Promise<unknown> {
    const own = { max_results: PAGE, ...(query.page_token === undefined ? {} : { page_token: query.page_token }) };
    const answer = await this.#send<{ registered_models?: WireModel[]; next_page_token?: string }>({
      ...request,
      query: own,
    });
    const whole = await inTurns(answer.registered_models ?? [], async ({ name }) => {
      const path = 'registered-models/get';
      return (await this.#send<{ registered_model: WireModel }>({ method: 'GET', path, query: { name } }))
        .registered_model;
    });
    return { ...answer, registered_models: whole };
  }

  async #searchVersions({ query = {}, ...request }: ApiRequest): Promise<unknown> {
    const answer = await this.#send<{ model_versions?: UnityVersion[] }>({
      ...request,
      query: { ...query, max_results: PAGE },
    });
    const whole = await inTurns(answer.model_versions ?? [], async ({ name, version }) => {
      const one: ApiRequest = { method: 'GET', path: 'model-versions/get', query: { name, version } };
      return flat((await this.#send<{ model_version: UnityVersion }>(one)).model_version);
    });
    return { ...answer, model_versions: whole };
  }

  #send<T>({ method, path, query, body, isRepeatable }: ApiRequest): Promise<T> {
    return this.#client.call<T>({ method, path: BASE + path, query, body, isRepeatable });
  }
}

function flat(version: UnityVersion): WireVersion {
  const aliases = (version.aliases ?? []).map((each) => (typeof each === 'string' ? each : each.alias));
  return { ...version, aliases };
}

/** @throws EngineError `usage` */
function requireThreeLevels(name: string): void {
  if (/^[^./\s]+\.[^./\s]+\.[^./\s]+$/.test(name)) return;
  throw new EngineError('usage', `The model name "${name}" is none of Unity Catalog; expected catalog.schema.model.`, {
    fix: 'Set mlflow.model_name to a name such as main.ml.churn.',
  });
}

async function inTurns<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE)
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  return results;
}

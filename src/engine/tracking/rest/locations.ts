import { joinLocation } from '../../artifacts/artifact-path.ts';
import { EngineError } from '../../support/errors.ts';
import type { MlflowApi } from './api.ts';
import type { WireRun, WireVersion } from './wire.ts';

/**
 * Where the folders of versions lie. A source that is an address says it itself; `runs:/` and `models:/` (MLflow 3 keeps models
 * beside runs) have to be asked for, once: a version never moves.
 */
export class Locations {
  readonly #api: MlflowApi;
  readonly #known = new Map<string, Promise<string>>();

  constructor(api: MlflowApi) {
    this.#api = api;
  }

  of({ source = '' }: Pick<WireVersion, 'source'>): Promise<string> {
    if (!/^(runs|models):/.test(source)) return Promise.resolve(source);
    const known = this.#known.get(source);
    if (known) return known;
    const asked = this.#resolve(source).then((location) => location ?? source);
    this.#known.set(source, asked);
    asked.catch(() => this.#known.delete(source));
    return asked;
  }

  #resolve(source: string): Promise<string | null> {
    const [, runId, runPath] = /^runs:\/+([^/]+)\/?(.*)$/.exec(source) ?? [];
    if (runId !== undefined) return this.#runFolder(runId, runPath!);
    const [, modelId] = /^models:\/+(m-[0-9a-f]+)$/.exec(source) ?? [];
    if (modelId !== undefined) return this.#loggedModel(modelId);
    const [, name, version] = /^models:\/+([^/]+)\/(\d+)$/.exec(source) ?? [];
    return name === undefined ? Promise.resolve(null) : this.#otherVersion(decodeURIComponent(name), version!);
  }

  /** MLflow 3 answers `runs:/` with the model that the run logged under that name, when the run itself has no such folder. */
  async #runFolder(runId: string, runPath: string): Promise<string | null> {
    const found = await this.#api.find<{ run: WireRun }>('runs/get', { run_id: runId });
    if (found === null) return null;
    const { artifact_uri = '', experiment_id } = found.run.info;
    const listed = await this.#api.find<{ files?: object[] }>('artifacts/list', { run_id: runId, path: runPath });
    const folder = joinLocation(artifact_uri, ...runPath.split('/').filter(Boolean));
    if ((listed?.files ?? []).length > 0) return folder;
    return (await this.#loggedBy(experiment_id, runId, runPath)) ?? folder;
  }

  async #loggedBy(experimentId: string, runId: string, name: string): Promise<string | null> {
    // MLflow has no sign that takes a quote's meaning away; no model is called like that.
    if (name.includes("'")) return null;
    const body = { experiment_ids: [experimentId], filter: `source_run_id = '${runId}' AND name = '${name}'` };
    const found = await this.#api
      .search<{ models?: WireLoggedModel[] }>('logged-models/search', body)
      .catch((error) => {
        // MLflow 2 keeps no models beside runs.
        if (EngineError.is(error, 'not-found')) return null;
        throw error;
      });
    return found?.models?.[0]?.info.artifact_uri ?? null;
  }

  async #loggedModel(modelId: string): Promise<string | null> {
    const found = await this.#api.find<{ model: WireLoggedModel }>(`logged-models/${modelId}`, {});
    return found?.model.info.artifact_uri ?? null;
  }

  async #otherVersion(name: string, version: string): Promise<string | null> {
    const found = await this.#api.find<{ model_version: WireVersion }>('model-versions/get', { name, version });
    const source = found?.model_version.source;
    // A version made from a version made from a version would lead in circles.
    return source === undefined || /^models:\/+[^/]+\/\d+$/.test(source) ? null : this.of(found!.model_version);
  }
}

interface WireLoggedModel {
  info: { artifact_uri?: string };
}

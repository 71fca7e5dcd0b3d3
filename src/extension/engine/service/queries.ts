import path from 'node:path';
import { inspectConfig } from '../../../engine/config/load.ts';
import { listModels } from '../../../engine/deployment/models.ts';
import type { LoadedModel } from '../../../engine/model/loaded-model.ts';
import type { Project } from '../../../engine/project.ts';
import { loadVersion } from '../../../engine/registry/model-version.ts';
import { listExperiments } from '../../../engine/runs/experiments.ts';
import { artifactFolder, runDetails } from '../../../engine/runs/run-details.ts';
import { runPage } from '../../../engine/runs/run-page.ts';
import { EngineError } from '../../../engine/support/errors.ts';
import type { StoreDescription } from '../../../engine/tracking/store.ts';
import type { EngineApi, ProjectRef, ProjectStatus } from '../../../protocol/engine-api.ts';
import type { ProjectPool } from './project-pool.ts';

type Queries = Pick<
  EngineApi,
  | 'experiments'
  | 'runs'
  | 'run'
  | 'runDetails'
  | 'artifactFolder'
  | 'models'
  | 'modelInputs'
  | 'status'
  | 'forgetAnswers'
>;

/** What views and panels show. Where there is no store yet, there is nothing to show, which is no error. */
export function queries(pool: ProjectPool): Queries {
  return {
    experiments: (ref) => pool.read(ref, () => [], listExperiments),
    runs: (ref, { experimentId, filter, orderBy, pageToken, limit, keys }) =>
      pool.read(
        ref,
        () => ({ runs: [], nextPageToken: null }),
        (project) =>
          runPage(project, {
            experimentIds: [experimentId],
            maxResults: limit,
            ...(filter === undefined ? {} : { filter }),
            ...(orderBy === undefined ? {} : { orderBy: [orderBy] }),
            ...(pageToken === undefined ? {} : { pageToken }),
            ...(keys === undefined ? {} : { keys }),
          }),
      ),
    run: (ref, runId) => pool.read(ref, nothingTrained, ({ store }) => store.getRun(runId)),
    runDetails: (ref, runId) => pool.read(ref, nothingTrained, (project) => runDetails(project, runId)),
    artifactFolder: (ref, runId, artifact) =>
      pool.read(ref, nothingTrained, (project) => artifactFolder(project, runId, artifact)),
    models: (ref) => pool.read(ref, () => [], listModels),
    modelInputs: (ref, version) => pool.read(ref, nothingTrained, (project) => modelInputs(project, version)),
    forgetAnswers: (ref) => pool.forgetAnswers(ref),
    status: (ref) => pool.read(ref, () => statusWithoutStore(pool, ref), projectStatus),
  };
}

function nothingTrained(): never {
  throw new EngineError('not-found', 'Nothing has been trained yet.', { fix: 'Train a model first.' });
}

async function modelInputs({ store, config }: Project, wanted: string | undefined) {
  const name = config.mlflow.model_name;
  const model = await store.findModel(name);
  const versions = model === null ? [] : await store.listVersions(name);
  const chosen = wanted ?? model?.aliases.GNU_Production ?? versions[0]?.version;
  const version = versions.find((candidate) => candidate.version === chosen);
  if (version === undefined) return nothingTrained();
  const loaded = await loadVersion(store, version);
  return { version: version.version, signature: loaded.signature, example: exampleOf(loaded) };
}

/** Other tools' model folders need not hold one. */
function exampleOf(model: LoadedModel) {
  try {
    return model.inputExample();
  } catch {
    return null;
  }
}

const BACK_ENDS: Record<StoreDescription['kind'], string> = {
  sqlite: 'SQLite',
  files: 'MLflow files',
  'mlflow-server': 'MLflow server',
  databricks: 'Databricks',
};

async function projectStatus({ store, config }: Project): Promise<ProjectStatus> {
  const { kind, location } = await store.describe();
  const model = await store.findModel(config.mlflow.model_name);
  return {
    modelName: config.mlflow.model_name,
    production: model?.aliases.GNU_Production ?? null,
    backEnd: { name: BACK_ENDS[kind], place: kind === 'sqlite' ? path.basename(location) : location },
    mainMetric: config.retraining.metric,
    location,
  };
}

function statusWithoutStore(pool: ProjectPool, { configFile }: ProjectRef): ProjectStatus {
  const { config } = inspectConfig({ file: configFile, env: pool.envOf(configFile) });
  return {
    modelName: config.mlflow.model_name,
    production: null,
    backEnd: { name: 'no store yet', place: config.mlflow.tracking_uri },
    mainMetric: config.retraining.metric,
    location: null,
  };
}

import type { Evaluation } from '../evaluation/evaluation.ts';
import type { Project } from '../project.ts';
import type { Metric, Run } from '../tracking/store.ts';
import { EVALUATION_ARTIFACT } from '../training/artifacts.ts';

const MOST_FILES = 1000;

/** Everything known about one run. */
export interface RunDetails {
  run: Run;
  /** Versions registered from this run, newest first. */
  versions: string[];
  /** null while the run is going on, or for runs of other tools */
  evaluation: Evaluation | null;
  /** Whole history, ascending by step. */
  history: Metric[];
  /** Paths of artifacts relative to {@link artifactFolder}, at most 1,000. */
  artifacts: string[];
  /** Where they lie on this machine; null when only a server has them. */
  artifactFolder: string | null;
}

/** @throws EngineError `not-found` */
export async function runDetails({ store, config }: Project, runId: string): Promise<RunDetails> {
  const run = await store.getRun(runId);
  const { artifacts } = store;
  const files = await artifacts.list(run.artifactUri, MOST_FILES);
  const model = await store.findModel(config.mlflow.model_name);
  const versions = model === null ? [] : await store.listVersions(model.name);
  const history = await store.metricHistory(runId, Object.keys(run.metrics));
  return {
    run,
    versions: versions.filter((version) => version.runId === runId).map(({ version }) => version),
    evaluation: parseEvaluation(await artifacts.file(run.artifactUri, EVALUATION_ARTIFACT)),
    history: history.sort((a, b) => a.step - b.step),
    artifacts: files.map(({ path }) => path),
    artifactFolder: artifacts.localFolder(run.artifactUri),
  };
}

/** A file that another tool wrote under that name is not ours to trust: the parts that are drawn must be there. */
function parseEvaluation(bytes: Buffer | null): Evaluation | null {
  if (bytes === null) return null;
  try {
    const value = JSON.parse(bytes.toString()) as Partial<Evaluation>;
    return value.schema === 1 && value.metrics !== undefined ? (value as Evaluation) : null;
  } catch {
    return null;
  }
}

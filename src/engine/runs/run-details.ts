import type { Evaluation } from '../evaluation/evaluation.ts';
import type { Project } from '../project.ts';
import { EngineError, type ErrorReason } from '../support/errors.ts';
import type { Metric, Run, TrackingStore } from '../tracking/store.ts';
import { EVALUATION_ARTIFACT } from '../training/artifacts.ts';

const MOST_FILES = 1000;
const OUT_OF_REACH: ErrorReason[] = ['unreachable', 'unauthorized', 'unsupported', 'untrusted-workspace'];

/** Everything known about one run. */
export interface RunDetails {
  run: Run;
  /** Versions registered from this run, newest first. */
  versions: string[];
  /** null while the run is going on, or for runs of other tools */
  evaluation: Evaluation | null;
  /** Whole history, ascending by step. */
  history: Metric[];
  /** Paths of artifacts, at most 1,000. */
  artifacts: string[];
  /** Why the artifacts cannot be had just now; null when they can. */
  artifactTrouble: string | null;
}

/** @throws EngineError `not-found` */
export async function runDetails({ store, config }: Project, runId: string): Promise<RunDetails> {
  const run = await store.getRun(runId);
  const model = await store.findModel(config.mlflow.model_name);
  const versions = model === null ? [] : await store.listVersions(model.name);
  const history = await store.metricHistory(runId, Object.keys(run.metrics));
  return {
    run,
    versions: versions.filter((version) => version.runId === runId).map(({ version }) => version),
    history: history.sort((a, b) => a.step - b.step),
    ...(await lookAtArtifacts(store, run)),
  };
}

/** A server or a cloud that does not answer leaves everything else of the run to be seen. */
async function lookAtArtifacts(
  { artifacts }: TrackingStore,
  { artifactUri }: Run,
): Promise<Pick<RunDetails, 'evaluation' | 'artifacts' | 'artifactTrouble'>> {
  try {
    const files = await artifacts.list(artifactUri, MOST_FILES);
    const evaluation = parseEvaluation(await artifacts.file(artifactUri, EVALUATION_ARTIFACT));
    return { evaluation, artifacts: files.map(({ path }) => path), artifactTrouble: null };
  } catch (error) {
    if (!EngineError.is(error) || !OUT_OF_REACH.includes(error.reason)) throw error;
    return { evaluation: null, artifacts: [], artifactTrouble: error.message };
  }
}

/**
 * A folder on this machine with an artifact of a run, wherever it lies; others need not be in it.
 * @throws EngineError `not-found`
 */
export async function artifactFolder({ store }: Project, runId: string, artifact: string): Promise<string> {
  const run = await store.getRun(runId);
  return store.artifacts.folderWith(run.artifactUri, artifact);
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

import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { Project } from '../project.ts';
import type { Metric, Run } from '../tracking/store.ts';
import { EVALUATION_ARTIFACT } from '../training/artifacts.ts';

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
  const folder = await store.localFolder(run.artifactUri);
  const model = await store.findModel(config.mlflow.model_name);
  const versions = model === null ? [] : await store.listVersions(model.name);
  const history = await store.metricHistory(runId, Object.keys(run.metrics));
  return {
    run,
    versions: versions.filter((version) => version.runId === runId).map(({ version }) => version),
    evaluation: folder === null ? null : readEvaluation(folder),
    history: history.sort((a, b) => a.step - b.step),
    artifacts: folder === null ? [] : listFiles(folder),
    artifactFolder: folder,
  };
}

/** A file that another tool wrote under that name is not ours to trust: the parts that are drawn must be there. */
function readEvaluation(folder: string): Evaluation | null {
  try {
    const value = JSON.parse(readFileSync(path.join(folder, EVALUATION_ARTIFACT), 'utf8')) as Partial<Evaluation>;
    return value.schema === 1 && value.metrics !== undefined ? (value as Evaluation) : null;
  } catch {
    return null;
  }
}

const MOST_FILES = 1000;

/** Files below a folder with "/" between the parts; links are left out, because they may lead anywhere. */
function listFiles(folder: string): string[] {
  const found: string[] = [];
  const visit = (relative: string): void => {
    for (const name of readdirSync(path.join(folder, relative)).sort()) {
      if (found.length >= MOST_FILES) return;
      const inside = relative === '' ? name : `${relative}/${name}`;
      const stats = lstatSync(path.join(folder, inside));
      if (stats.isDirectory()) visit(inside);
      else if (stats.isFile()) found.push(inside);
    }
  };
  try {
    visit('');
  } catch {
    // Removed while it was read: what was found is shown.
  }
  return found;
}

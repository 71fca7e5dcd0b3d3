import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { copyTree } from '../artifacts/transfer.ts';
import type { Run, TrackingStore } from '../tracking/store.ts';

/** Tag of a copied run whose artifacts were not where the source says: `missing`, and `complete` when a later copy found them. */
export const FILES_TAG = 'gnu_mlops.copied_artifacts';

/** By which MLflow tells that a run logged a model. */
const MODEL_HISTORY_TAG = 'mlflow.log-model.history';

/** Runs that a warning names. */
const MOST_NAMES = 5;

/** What was noticed about the files of runs, by experiment. */
export class FileRemarks {
  readonly #missing = new Map<string, string[]>();
  readonly #links = new Map<string, string[]>();

  missing(experiment: string, run: Pick<Run, 'name' | 'artifactUri'>): void {
    put(this.#missing, experiment, `${run.name} (${run.artifactUri})`);
  }

  links(experiment: string, run: Pick<Run, 'name'>, links: string[]): void {
    if (links.length > 0) put(this.#links, experiment, `${some(links)} of ${run.name}`);
  }

  sentences(): string[] {
    const missing = [...this.#missing].map(
      ([name, runs]) =>
        `experiment ${name}: the files of runs with models are not where the store says: ${some(runs)}. Bring them back, then copy again.`,
    );
    const links = [...this.#links].map(
      ([name, runs]) =>
        `experiment ${name}: links to other files stayed behind: ${some(runs)}. Put the files in their places.`,
    );
    return [...missing, ...links];
  }
}

function put(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function some(names: string[]): string {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Whether nothing is left to copy of a run; a copy that is RUNNING was interrupted, and one without its files may get them now. */
export async function isThere(
  { artifacts }: TrackingStore,
  { artifactUri }: Pick<Run, 'artifactUri'>,
  copy: Pick<Run, 'status' | 'tags'> | undefined,
): Promise<boolean> {
  if (copy === undefined || copy.status === 'RUNNING') return false;
  return copy.tags[FILES_TAG] !== 'missing' || (await artifacts.list(artifactUri, 1)).length === 0;
}

/**
 * Copies the artifacts of a run.
 * @returns what {@link FILES_TAG} is to say; undefined when there is nothing to be said
 */
export async function copyFiles(
  {
    source,
    target,
    signal,
    files: remarks,
  }: { source: TrackingStore; target: TrackingStore; signal?: AbortSignal | undefined; files: FileRemarks },
  experimentName: string,
  run: Run,
  copy: Run,
): Promise<'missing' | 'complete' | undefined> {
  const from = source.artifacts.repository(run.artifactUri);
  await copyTree(from, target.artifacts.repository(copy.artifactUri), { signal });
  const folder = source.artifacts.localFolder(run.artifactUri);
  remarks.links(experimentName, run, folder === null ? [] : await linksIn(folder));
  const isEmpty = (await from.list({ most: 1, signal })).length === 0;
  if (!isEmpty) return copy.tags[FILES_TAG] === undefined ? undefined : 'complete';
  if (hasModel(run)) remarks.missing(experimentName, run);
  // A run need not have artifacts; a folder that was never made may be one that lies elsewhere now.
  return hasModel(run) || (folder !== null && !existsSync(folder)) ? 'missing' : undefined;
}

/** Models that MLflow 3 keeps beside runs have ids of their own. */
function hasModel({ tags }: Run): boolean {
  const history = tags[MODEL_HISTORY_TAG];
  return history !== undefined && !/"m-[0-9a-f]{32}"/.test(history);
}

async function linksIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
}

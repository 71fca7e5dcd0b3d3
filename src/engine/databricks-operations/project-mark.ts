import type { Config } from '../config/config.ts';
import { getFile, putFile } from '../databricks/files.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import { exportFile, importFile } from '../databricks/workspace-files.ts';
import { EngineError } from '../support/errors.ts';
import type { ProjectPlaces } from './job-settings.ts';
import type { Step } from './step.ts';

/** Name of the file that says whose a workspace folder or a Volume is. */
const MARK = 'gnu_mlops_project.json';

/** Whose config.yaml it is that lies in a folder without a mark. */
const UNKNOWN = 'somebody who left no mark';

/** A place that belongs to one project: jobs read its config.yaml, or its data and batches. */
interface MarkedPlace {
  path: string;
  /** Configuration key that names it. */
  key: string;
  read(): Promise<Buffer | null>;
  write(bytes: Buffer): Promise<void>;
}

/** What a project is called in a workspace; its jobs are called after it too. */
function projectName({ mlflow }: Config): string {
  return mlflow.model_name;
}

function workspaceFolder(client: WorkspaceClient, folder: string): MarkedPlace {
  const file = `${folder}/${MARK}`;
  return {
    path: folder,
    key: 'databricks.workspace_path',
    read: () => exportFile(client, file),
    write: (bytes) => importFile(client, file, bytes),
  };
}

function volumeFolder(client: WorkspaceClient, folder: string): MarkedPlace {
  const file = `${folder}/${MARK}`;
  return {
    path: folder,
    key: 'databricks.volume',
    read: () =>
      getFile(client, file).catch((error: unknown) => {
        if (EngineError.is(error, 'not-found')) return null;
        throw error;
      }),
    write: (bytes) => putFile(client, file, bytes),
  };
}

/**
 * The steps that write into folder and Volume whose they are.
 * @param options `config` is the text of our config.yaml; `takeOver` replaces another project there
 * @throws EngineError `conflict` when one of them belongs to another project
 */
export async function markSteps(
  client: WorkspaceClient,
  config: Config,
  { project, volume }: Pick<ProjectPlaces, 'project' | 'volume'>,
  options: { config: Buffer; takeOver: boolean },
): Promise<{ folder: Step; volume: Step }> {
  const folder = workspaceFolder(client, project);
  const marked = ownerIn(await folder.read());
  const owner = marked ?? (await ownerOfConfig(client, project, options.config));
  const inVolume = volumeFolder(client, volume);
  return {
    folder: markStep(folder, config, { owner, ...options }),
    volume: markStep(inVolume, config, { owner: ownerIn(await inVolume.read()), ...options }),
  };
}

/**
 * Refuses what would make jobs that run another project's configuration.
 * @throws EngineError `conflict`
 */
export async function requireOwnFolder(client: WorkspaceClient, config: Config, folder: string): Promise<void> {
  const place = workspaceFolder(client, folder);
  const owner = ownerIn(await place.read());
  if (owner !== null && owner !== projectName(config)) throw foreign(place, owner, config);
}

function markStep(
  place: MarkedPlace,
  config: Config,
  { owner, takeOver }: { owner: string | null; takeOver: boolean },
): Step {
  const own = projectName(config);
  const isOther = owner !== null && owner !== own;
  if (isOther && !takeOver) throw foreign(place, owner, config);
  return {
    kind: 'file',
    action: owner === null ? 'create' : isOther ? 'update' : 'unchanged',
    name: `${place.path}/${MARK}`,
    detail: isOther ? `Takes it over from ${owner}.` : `Says that it belongs to ${own}.`,
    apply: () => place.write(Buffer.from(`${JSON.stringify({ schema: 1, project: own })}\n`)),
  };
}

/** Null for no mark. */
function ownerIn(mark: Buffer | null): string | null {
  if (mark === null) return null;
  try {
    const { project } = JSON.parse(mark.toString('utf8')) as { project?: unknown };
    return typeof project === 'string' ? project : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/** A folder may hold a config.yaml that somebody put there by other means. */
async function ownerOfConfig(client: WorkspaceClient, folder: string, own: Buffer): Promise<string | null> {
  const there = await exportFile(client, `${folder}/config.yaml`);
  return there === null || there.equals(own) ? null : UNKNOWN;
}

function foreign({ path, key }: MarkedPlace, owner: string, config: Config): EngineError {
  const message = `${path} belongs to another project in the workspace: ${owner} (this one is ${projectName(config)}).`;
  return new EngineError('conflict', message, {
    fix: `Set ${key} to a place of this project's own; or, when the other one is given up: gnu-mlops databricks setup --take-over`,
  });
}

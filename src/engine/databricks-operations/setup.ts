import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { formatPath } from '../config/config.ts';
import { parseConfigDocument } from '../config/document.ts';
import { formatFinding } from '../config/finding.ts';
import type { LoadedConfig } from '../config/load.ts';
import { withPlaces } from '../config/place-error.ts';
import { plainTextSecrets, variableFor } from '../config/secrets.ts';
import { listFiles } from '../data/sources/local.ts';
import { hasFolder } from '../databricks/files.ts';
import { connect, type WorkspaceClient } from '../databricks/workspace-client.ts';
import { exportFile, hasWorkspaceFolder, importFile, makeWorkspaceFolder } from '../databricks/workspace-files.ts';
import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { JOB_SCRIPT, JOB_SCRIPT_TEXT } from './job-script.ts';
import { inVolume, type ProjectPlaces } from './job-settings.ts';
import { ownProgram } from './program.ts';
import { markSteps } from './project-mark.ts';
import { carryOut, type PlannedStep, type Step, shown } from './step.ts';
import { uploadStep } from './upload.ts';
import { isInWorkspace, projectVolume, type Volume, volumeFolderStep, volumeStep } from './volume.ts';

/** What `databricks setup --json` prints. */
export interface DatabricksSetupResult {
  schema: 1;
  /** `unchanged`: everything was there. */
  status: 'dry-run' | 'done' | 'unchanged';
  host: string;
  /** Who is signed in. */
  user: string;
  steps: PlannedStep[];
}

export interface DatabricksSetupOptions {
  /** Only say what would be done. */
  dryRun?: boolean | undefined;
  /** Folder and Volume become this project's, although another one's mark is on them. */
  takeOver?: boolean | undefined;
  /** Told before anything is changed. */
  onPlan?: ((plan: DatabricksSetupResult) => void) | undefined;
}

/**
 * Prepares a workspace for the project: its folder with config.yaml and the script of its jobs, a Volume with folders for batches,
 * the program that jobs run, and local training data. What is there already is left alone, so it can be run again.
 * @throws EngineError `invalid-config` (also for a secret in plain text, which others could read there), `conflict` when folder or Volume
 *   belong to another project, `unreachable`, `unauthorized`, `permission`
 */
export function setUpDatabricks(
  loaded: LoadedConfig,
  { dryRun = false, takeOver = false, onPlan }: DatabricksSetupOptions = {},
  control: OperationControl = {},
): Promise<DatabricksSetupResult> {
  return withPlaces(loaded, async () => {
    const client = connect(loaded.config, loaded.env, { signal: control.signal });
    control.onProgress?.({ phase: 'Looking at the workspace', done: 0, total: 0 });
    const { userName: user } = await client.me();
    const steps = await planSetup(client, loaded, takeOver);
    const changes = steps.some(({ action }) => action !== 'unchanged');
    const result = { schema: 1 as const, host: client.host, user, steps: steps.map(shown) };
    const plan = { ...result, status: changes ? ('dry-run' as const) : ('unchanged' as const) };
    if (dryRun || !changes) return plan;
    onPlan?.(plan);
    await carryOut(steps, control);
    return { ...result, status: 'done' };
  });
}

/** Where everything of the project is kept. @throws EngineError `invalid-config` */
export function projectPlaces(config: LoadedConfig['config']): ProjectPlaces {
  const folder = config.databricks.workspace_path.replace(/^\/Workspace(?=\/)/, '').replace(/\/$/, '');
  const volume = projectVolume(config).path;
  return { project: `/Workspace${folder}`, program: `${volume}/program/${ownProgram().name}`, volume };
}

async function planSetup(client: WorkspaceClient, loaded: LoadedConfig, takeOver: boolean): Promise<Step[]> {
  const { config } = loaded;
  const volume = projectVolume(config);
  const places = projectPlaces(config);
  const text = readFileSync(loaded.file);
  requireNoSecrets(text.toString('utf8'), loaded, places.project);
  const marks = await markSteps(client, config, places, { config: text, takeOver });
  return [
    await workspaceFolderStep(client, places.project),
    marks.folder,
    await workspaceFileStep(client, `${places.project}/config.yaml`, text, 'The configuration.'),
    await workspaceFileStep(
      client,
      `${places.project}/${JOB_SCRIPT}`,
      Buffer.from(JOB_SCRIPT_TEXT),
      'What jobs run: it signs in and starts gnu-mlops.',
    ),
    await volumeStep(client, volume),
    marks.volume,
    ...(await batchFolderSteps(client, loaded, volume)),
    await uploadStep(client, {
      kind: 'program',
      target: places.program,
      files: ownProgram().files,
      last: 'package.json',
      digests: null,
    }),
    ...(await dataSteps(client, loaded, volume)),
  ];
}

/** What lies in the workspace is read by everybody who may read its folder; also a value that a variable overrides here. */
function requireNoSecrets(text: string, { config, env, file }: LoadedConfig, folder: string): void {
  const [found] = plainTextSecrets(parseConfigDocument(text, env), config);
  if (found === undefined) return;
  const message = `${formatPath(found.path)}: a secret in plain text, which others could read in ${folder} once it is uploaded`;
  throw new EngineError('invalid-config', formatFinding(path.basename(file), { ...found, message }), {
    ...(found.range ? { position: { file, line: found.range.line, column: found.range.column } } : {}),
    fix: `Write \${${variableFor(found.path)}} in its place and set it in the environment or in env_file, which are not uploaded.`,
  });
}

async function workspaceFolderStep(client: WorkspaceClient, folder: string): Promise<Step> {
  const isThere = await hasWorkspaceFolder(client, folder);
  return {
    kind: 'folder',
    action: isThere ? 'unchanged' : 'create',
    name: folder,
    detail: isThere ? 'It is there.' : 'Workspace folder of the project.',
    apply: () => makeWorkspaceFolder(client, folder),
  };
}

async function workspaceFileStep(client: WorkspaceClient, name: string, bytes: Buffer, detail: string): Promise<Step> {
  const there = await exportFile(client, name);
  const isSame = there?.equals(bytes) ?? false;
  return {
    kind: 'file',
    action: isSame ? 'unchanged' : there === null ? 'create' : 'update',
    name,
    detail: isSame ? 'It says the same.' : detail,
    apply: () => importFile(client, name, bytes),
  };
}

async function batchFolderSteps(client: WorkspaceClient, { config }: LoadedConfig, volume: Volume): Promise<Step[]> {
  const { input_path, output_path, archive_path } = config.batch_inference;
  const folders = [input_path, output_path, archive_path].map((folder) =>
    isInWorkspace(folder) ? folder : inVolume(folder, volume.path),
  );
  const known = new Set<string>();
  for (const folder of folders) if (await hasFolder(client, folder)) known.add(folder);
  return folders.map((folder) => volumeFolderStep(client, folder, known));
}

/** Training data that lies on this machine; a table or a bucket stays where it is. */
async function dataSteps(client: WorkspaceClient, { config, file }: LoadedConfig, volume: Volume): Promise<Step[]> {
  const { source, path: pattern } = config.data;
  if (source !== 'local' || isInWorkspace(pattern)) return [];
  const baseDir = path.dirname(file);
  const files = listFiles(pattern, baseDir).map((each) => ({
    file: each,
    relative: path.basename(each),
    size: statSync(each).size,
  }));
  const target = path.posix.dirname(inVolume(path.relative(baseDir, files[0]!.file), volume.path));
  const digests = `${volume.path}/gnu_mlops_data.sha256.json`;
  return [await uploadStep(client, { kind: 'data', target, files, digests })];
}

import path from 'node:path';
import * as vscode from 'vscode';
import type { ActiveProject } from '../editor/active-project.ts';

export const TASK_TYPE = 'gnu-mlops';
export const PROBLEM_MATCHER = '$gnu-mlops';

/** A task as tasks.json writes it. */
export interface EngineTaskDefinition extends vscode.TaskDefinition {
  type: typeof TASK_TYPE;
  operation: 'train' | 'deploy' | 'rollback' | 'batch' | 'retrain' | 'schedule';
  /** For deploy. */
  stage?: 'staging' | 'production';
  /** For schedule: what to do, `list` unless given. */
  action?: 'list' | 'run' | 'pause' | 'resume' | 'install';
  /** For schedule run, pause and resume: its name. */
  schedule?: string;
  /** Configuration file, relative to the workspace folder; the active one unless given. */
  config?: string;
  /** More arguments for the command line. */
  args?: string[];
}

const OFFERED: { name: string; definition: EngineTaskDefinition }[] = [
  { name: 'train', definition: { type: TASK_TYPE, operation: 'train' } },
  { name: 'deploy to staging', definition: { type: TASK_TYPE, operation: 'deploy', stage: 'staging' } },
  { name: 'deploy to production', definition: { type: TASK_TYPE, operation: 'deploy', stage: 'production' } },
  { name: 'roll back', definition: { type: TASK_TYPE, operation: 'rollback' } },
  { name: 'batch', definition: { type: TASK_TYPE, operation: 'batch' } },
  { name: 'batch, dry run', definition: { type: TASK_TYPE, operation: 'batch', args: ['--dry-run'] } },
  { name: 'retrain', definition: { type: TASK_TYPE, operation: 'retrain' } },
  { name: 'list schedules', definition: { type: TASK_TYPE, operation: 'schedule', action: 'list' } },
  { name: 'install schedules', definition: { type: TASK_TYPE, operation: 'schedule', action: 'install' } },
];

/** Offers operations as tasks; they run the command line that the extension brings along. */
export class EngineTasks implements vscode.TaskProvider {
  readonly #project: ActiveProject;
  readonly #extension: vscode.Uri;

  constructor(project: ActiveProject, extension: vscode.Uri) {
    this.#project = project;
    this.#extension = extension;
  }

  async provideTasks(): Promise<vscode.Task[]> {
    if (this.#project.file === undefined) await this.#project.look();
    return OFFERED.flatMap(({ name, definition }) => this.#task(name, definition) ?? []);
  }

  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const definition = task.definition as EngineTaskDefinition;
    // The editor insists on getting the definition back that it gave.
    return this.#task(task.name, definition);
  }

  #task(name: string, definition: EngineTaskDefinition): vscode.Task | undefined {
    const config = this.#configFile(definition);
    const folder = config && vscode.workspace.getWorkspaceFolder(config);
    if (config === undefined || folder === undefined) return undefined;
    const task = new vscode.Task(definition, folder, name, TASK_TYPE, this.#execution(definition, config), [
      PROBLEM_MATCHER,
    ]);
    task.detail = `gnu-mlops ${commandLine(definition).join(' ')}`;
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated };
    return task;
  }

  #configFile({ config }: EngineTaskDefinition): vscode.Uri | undefined {
    if (config === undefined) return this.#project.file;
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    return folder && vscode.Uri.joinPath(folder.uri, config);
  }

  #execution(definition: EngineTaskDefinition, config: vscode.Uri): vscode.ProcessExecution {
    const program = vscode.Uri.joinPath(this.#extension, 'dist/cli.js').fsPath;
    const flags = ['--config', path.basename(config.fsPath)];
    return new vscode.ProcessExecution(process.execPath, [program, ...commandLine(definition), ...flags], {
      cwd: path.dirname(config.fsPath),
      // The editor's own program is Electron, which this makes behave as Node.
      env: { ELECTRON_RUN_AS_NODE: '1' },
    });
  }
}

function commandLine(definition: EngineTaskDefinition): string[] {
  const { operation, args = [] } = definition;
  return [operation, ...ownArguments(definition), ...args];
}

function ownArguments({ operation, stage, action, schedule }: EngineTaskDefinition): string[] {
  if (operation === 'deploy') return ['--stage', stage ?? 'staging'];
  if (operation !== 'schedule') return [];
  return [action ?? 'list', ...(schedule === undefined ? [] : [schedule])];
}

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { configTemplate, GITIGNORE_LINES, localConfigTemplate, type TemplateFacts } from './config-template.ts';

export interface InitOptions {
  folder: string;
  /** Relative to the folder; the only CSV file below data/ or in the folder when left out, else data/train.csv. */
  dataPath?: string | undefined;
  /** `target` unless given. */
  targetColumn?: string | undefined;
  /** Asked before a file that exists is replaced; without it every such file is kept. */
  mayReplace?: ((file: string) => Promise<boolean>) | undefined;
}

/** What `init --json` prints; paths relative to the folder. */
export interface InitResult {
  schema: 1;
  status: 'created' | 'nothing-to-do';
  folder: string;
  created: string[];
  /** Files that were there already and stay as they are. */
  kept: string[];
}

/**
 * Makes a project: config.yaml, config.local.yaml, folders and .gitignore. Nothing that exists is replaced without being asked for.
 * @throws EngineError `permission` when the folder cannot be written
 */
export async function initProject(options: InitOptions): Promise<InitResult> {
  const folder = path.resolve(options.folder);
  const facts: TemplateFacts = {
    dataPath: options.dataPath ?? findData(folder) ?? 'data/train.csv',
    targetColumn: options.targetColumn ?? 'target',
    experimentName: experimentName(folder),
  };
  const files = { 'config.yaml': configTemplate(facts), 'config.local.yaml': localConfigTemplate(facts) };
  const result: InitResult = { schema: 1, status: 'created', folder, created: [], kept: [] };
  try {
    for (const name of ['data', 'data/batch_input']) makeFolder(folder, name, result);
    for (const [name, text] of Object.entries(files)) await place(folder, name, text, options.mayReplace, result);
    completeGitignore(folder, result);
  } catch (error) {
    throw unwritable(folder, error);
  }
  return { ...result, status: result.created.length > 0 ? 'created' : 'nothing-to-do' };
}

function makeFolder(folder: string, name: string, result: InitResult): void {
  if (existsSync(path.join(folder, name))) return;
  mkdirSync(path.join(folder, name), { recursive: true });
  result.created.push(`${name}/`);
}

async function place(
  folder: string,
  name: string,
  text: string,
  mayReplace: InitOptions['mayReplace'],
  result: InitResult,
): Promise<void> {
  const file = path.join(folder, name);
  if (existsSync(file) && !(await mayReplace?.(file))) {
    result.kept.push(name);
    return;
  }
  writeFileWhole(file, text);
  result.created.push(name);
}

/** Lines that are missing are added at the end; nobody's own lines are touched. */
function completeGitignore(folder: string, result: InitResult): void {
  const file = path.join(folder, '.gitignore');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const lines = new Set(before.split(/\r?\n/));
  const missing = GITIGNORE_LINES.filter((line) => !lines.has(line));
  if (missing.length === 0) {
    result.kept.push('.gitignore');
    return;
  }
  const separator = before === '' || before.endsWith('\n') ? '' : '\n';
  writeFileWhole(file, `${before}${separator}# GNU MLOps\n${missing.join('\n')}\n`);
  result.created.push('.gitignore');
}

/** The one CSV file that lies in data/ or in the folder itself; undefined when there are none or several. */
function findData(folder: string): string | undefined {
  for (const below of ['data', '.']) {
    const files = listNames(path.join(folder, below)).filter((name) => /\.csv(\.gz)?$/i.test(name));
    if (files.length === 1) return path.posix.join(below, files[0]!);
  }
  return undefined;
}

function listNames(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function experimentName(folder: string): string {
  return path.basename(folder).replace(/[^\w.-]+/g, '_') || 'experiment';
}

function unwritable(folder: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new EngineError('permission', `${folder} cannot be written (${code}).`, {
    fix: 'Choose another folder, or correct its permissions.',
  });
}

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { configTemplate, GITIGNORE_LINES, localConfigTemplate } from './config-template.ts';
import { projectData } from './init-data.ts';

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
  /** Keys of config.yaml that nobody has filled in yet. */
  to_set: string[];
  /** What was asked for and not done, as sentences. */
  warnings: string[];
}

/**
 * Makes a project: config.yaml, config.local.yaml, folders and .gitignore. Nothing that exists is replaced without being asked for.
 * @throws EngineError `usage` when data or target that were named are not there, `permission` when the folder cannot be written
 */
export async function initProject(options: InitOptions): Promise<InitResult> {
  const folder = path.resolve(options.folder);
  const data = projectData(folder, options);
  const facts = { dataPath: data.path, targetColumn: data.target, experimentName: experimentName(folder) };
  const files = { 'config.yaml': configTemplate(facts), 'config.local.yaml': localConfigTemplate(facts) };
  const result: InitResult = { schema: 1, status: 'created', folder, created: [], kept: [], to_set: [], warnings: [] };
  try {
    for (const name of ['data', 'data/batch_input']) makeFolder(folder, name, result);
    for (const [name, text] of Object.entries(files)) await place(folder, name, text, options.mayReplace, result);
    completeGitignore(folder, result);
  } catch (error) {
    throw unwritable(folder, error);
  }
  const isKept = result.kept.includes('config.yaml');
  return {
    ...result,
    status: result.created.length > 0 ? 'created' : 'nothing-to-do',
    to_set: isKept ? [] : data.toSet,
    warnings: isKept ? ignored(options) : [],
  };
}

function ignored({ dataPath, targetColumn }: InitOptions): string[] {
  const flags = [...(dataPath === undefined ? [] : ['--data']), ...(targetColumn === undefined ? [] : ['--target'])];
  const sentence = `config.yaml stays as it is, so ${flags.join(' and ')} changed nothing; --force replaces it.`;
  return flags.length === 0 ? [] : [sentence];
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

function experimentName(folder: string): string {
  return path.basename(folder).replace(/[^\w.-]+/g, '_') || 'experiment';
}

/** What the system refuses, in words; what has nothing to do with the folder stays as it is. */
const WRITE_FAILURES: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'a file is in the way',
  EEXIST: 'a file is in the way',
};

function unwritable(folder: string, error: unknown): unknown {
  const why = WRITE_FAILURES[(error as NodeJS.ErrnoException).code ?? ''];
  if (why === undefined) return error;
  return new EngineError('permission', `${folder} cannot be written: ${why}.`, {
    fix: 'Choose another folder, or correct its permissions.',
  });
}

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { makeStateFolder, stateFolderOf } from '../support/state-folder.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface ProjectFile {
  id: string;
  /** Where the project lay when it got its id. */
  folder: string;
}

/**
 * The project's UUID, kept in `.gnu-mlops/project.json`: by it a machine knows whose schedules are whose. A project that was
 * copied whole is another project, and one that was moved is the same.
 * @returns null when the project has none yet
 * @throws EngineError `invalid-config` when the file cannot be understood
 */
export function readProjectId(baseDir: string): string | null {
  const known = readProject(baseDir);
  if (known === null || known.folder === realFolder(baseDir)) return known?.id ?? null;
  return isSameProject(known) ? null : known.id;
}

/** As `readProjectId`, but gives the project an id when it has none. */
export function ensureProjectId(baseDir: string): string {
  const known = readProjectId(baseDir);
  if (known !== null && readProject(baseDir)?.folder === realFolder(baseDir)) return known;
  const id = known ?? randomUUID();
  makeStateFolder(baseDir);
  writeFileWhole(projectFile(baseDir), `${JSON.stringify({ schema: 1, id, folder: realFolder(baseDir) }, null, 2)}\n`);
  return id;
}

/** One project has one folder, by whatever links it is reached. */
function realFolder(baseDir: string): string {
  return existsSync(baseDir) ? realpathSync(baseDir) : baseDir;
}

/** Whether the project that got this id still lies where it lay. */
function isSameProject({ id, folder }: ProjectFile): boolean {
  try {
    return readProject(folder)?.id === id;
  } catch {
    return false;
  }
}

function readProject(baseDir: string): ProjectFile | null {
  const file = projectFile(baseDir);
  if (!existsSync(file)) return null;
  const found = parseProject(readFileSync(file, 'utf8'), baseDir);
  if (found !== null) return found;
  throw new EngineError('invalid-config', `${file} holds no project id.`, {
    fix: 'Remove the file and what ends in "# gnu-mlops:..." for this project in "crontab -e"; then run: gnu-mlops schedule install',
  });
}

function projectFile(baseDir: string): string {
  return path.join(stateFolderOf(baseDir), 'project.json');
}

function parseProject(text: string, baseDir: string): ProjectFile | null {
  try {
    const { id, folder = realFolder(baseDir) } = JSON.parse(text) as { id?: unknown; folder?: unknown };
    return typeof id === 'string' && UUID.test(id) && typeof folder === 'string' ? { id, folder } : null;
  } catch {
    return null;
  }
}

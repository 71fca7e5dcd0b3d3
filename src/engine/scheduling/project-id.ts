import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The project's UUID, kept in `.gnu-mlops/project.json`: by it a machine knows whose schedules are whose.
 * @returns null when the project has none yet
 */
export function readProjectId(baseDir: string): string | null {
  const file = projectFile(baseDir);
  if (!existsSync(file)) return null;
  const id = parseId(readFileSync(file, 'utf8'));
  if (id !== null) return id;
  throw new EngineError('invalid-config', `${file} holds no project id.`, {
    fix: `Remove it; then run: gnu-mlops schedule install, and remove the entries of the old id, which end in "# gnu-mlops:<old id>:<schedule>", by hand.`,
  });
}

/** As `readProjectId`, but gives the project an id when it has none. */
export function ensureProjectId(baseDir: string): string {
  const known = readProjectId(baseDir);
  if (known !== null) return known;
  const id = randomUUID();
  writeFileWhole(projectFile(baseDir), `${JSON.stringify({ schema: 1, id }, null, 2)}\n`);
  return id;
}

function projectFile(baseDir: string): string {
  return path.join(baseDir, '.gnu-mlops', 'project.json');
}

function parseId(text: string): string | null {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' && UUID.test(id) ? id : null;
  } catch {
    return null;
  }
}

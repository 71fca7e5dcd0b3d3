import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Files that Python writes into a model folder when it loads it. */
const WRITTEN_BY_PYTHON = new Set(['registered_model_meta', '__pycache__']);

/** SHA-256 over the names and bytes of a model folder's files, in name order: 64 hexadecimal digits. */
export function digestFolder(folder: string): string {
  const hash = createHash('sha256');
  for (const file of listFiles(folder).sort()) {
    const bytes = readFileSync(path.join(folder, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function listFiles(folder: string, prefix = ''): string[] {
  return readdirSync(path.join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    if (WRITTEN_BY_PYTHON.has(entry.name)) return [];
    const name = prefix + entry.name;
    return entry.isDirectory() ? listFiles(folder, `${name}/`) : [name];
  });
}

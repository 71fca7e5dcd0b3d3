import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether a tracking URI names a folder of plain files: `file:...`, or a path alone, such as `mlruns`. */
export function isFileStoreUri(uri: string): boolean {
  return uri.startsWith('file:') || !/^[a-zA-Z][\w+.-]+:|^databricks/.test(uri);
}

/** The folder behind `file:///srv/mlruns`, `file:./mlruns`, `file:mlruns`, `./mlruns` or `mlruns`. */
export function fileStoreRoot(uri: string, baseDir: string): string {
  if (/^file:\/\/\//.test(uri)) return fileURLToPath(uri);
  return path.resolve(baseDir, uri.replace(/^file:(\/\/(localhost(?=\/))?)?/, ''));
}

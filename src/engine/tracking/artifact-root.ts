import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isSqliteUri, sqliteFile } from './sqlite/location.ts';

/**
 * Where new experiments of a SQLite store keep their artifacts: `mlruns` in the project's folder, or beside a file that lies outside of
 * it. A store of plain files there is somebody's to remove one day, so `mlartifacts` is taken beside it.
 * @param uri mlflow.tracking_uri
 */
export function artifactRootOf(uri: string, baseDir: string): string {
  const folder = isSqliteUri(uri) ? path.dirname(sqliteFile(uri, baseDir)) : baseDir;
  const isOutside = path.relative(baseDir, folder).startsWith('..') || path.isAbsolute(path.relative(baseDir, folder));
  const place = isOutside ? folder : baseDir;
  const usual = path.join(place, 'mlruns');
  return isStoreOfFiles(usual) ? path.join(place, 'mlartifacts') : usual;
}

/** The folder of artifacts of a database looks the same but for these files. */
function isStoreOfFiles(root: string): boolean {
  return [root, path.join(root, 'models')].some((folder) =>
    namesIn(folder).some((name) => existsSync(path.join(folder, name, 'meta.yaml'))),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

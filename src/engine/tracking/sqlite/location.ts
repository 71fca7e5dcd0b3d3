import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { configError } from '../../config/config-error.ts';

const PREFIX = 'sqlite:///';

/** Whether a tracking URI names a SQLite file. */
export function isSqliteUri(uri: string): boolean {
  return uri.startsWith('sqlite:');
}

/**
 * The database file of a SQLAlchemy URI: `sqlite:///relative.db` (relative to `baseFolder`), `sqlite:////absolute.db`,
 * `sqlite:///C:/folder/file.db` on Windows. Query parameters are left out.
 * @param paths of the system that reads the URI: this one unless given
 * @throws EngineError `usage` for any other URI, and for a database in memory, which nobody could share.
 */
export function sqliteFile(uri: string, baseFolder: string, paths: path.PlatformPath = path): string {
  const file = uri.startsWith(PREFIX) ? uri.slice(PREFIX.length).split('?')[0]! : '';
  if (file === '' || file === ':memory:') {
    throw configError(['mlflow', 'tracking_uri'], `found "${uri}", which names no file`, {
      reason: 'usage',
      fix: 'Write sqlite:///mlflow.db for a file beside config.yaml or sqlite:////folder/mlflow.db for an absolute path.',
    });
  }
  return paths.resolve(baseFolder, file);
}

/** How a local folder is written into the store: an absolute path, on Windows a file URI, both as MLflow does. */
export function artifactLocation(folder: string): string {
  return process.platform === 'win32' ? pathToFileURL(folder).href : path.resolve(folder);
}

/**
 * The folder on this machine behind an artifact URI of a store that lies in `storeFolder`, or null when only a server or a
 * cloud has it. `mlflow-artifacts:` URIs, which an MLflow server gives to what it makes, stand for `mlartifacts/`
 * in the server's folder: usually the one with the database.
 */
export function localFolder(uri: string, storeFolder: string): string | null {
  if (uri.startsWith('file:')) return fileUriPath(uri);
  if (uri.startsWith('mlflow-artifacts:')) return path.join(storeFolder, 'mlartifacts', proxiedPath(uri));
  if (/^[a-zA-Z][\w+.-]+:/.test(uri)) return null;
  return path.resolve(storeFolder, uri);
}

/** Python writes `file:relative` too, and spaces that are not escaped. */
function fileUriPath(uri: string): string | null {
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}

/** `mlflow-artifacts:/1/abc` and `mlflow-artifacts://host:5000/1/abc`, never above the root. */
function proxiedPath(uri: string): string {
  const rest = uri.slice('mlflow-artifacts:'.length).replace(/^\/\/[^/]*/, '');
  return path.posix.normalize(`/${rest}`);
}

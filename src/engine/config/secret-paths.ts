import { type ConfigPath, formatPath } from './config.ts';

/** Values that are secrets. */
export const SECRET_PATHS: ConfigPath[] = [
  ['databricks', 'token'],
  ['notifications', 'smtp', 'password'],
];

/** Whether a secret stands at `path`: no message may repeat it. */
export function isSecretPath(path: ConfigPath): boolean {
  return SECRET_PATHS.some((secret) => formatPath(secret) === formatPath(path));
}

import { unescaped } from '../support/user-info.ts';
import { configError } from './config-error.ts';

/**
 * User and password that stand in mlflow.tracking_uri, without their escapes; empty where there are none.
 * @throws EngineError `invalid-config` for a `%` that begins no escape, and for a password of which only a part stands before the host
 */
export function credentialsInAddress(address: URL | null): { username: string; password: string } {
  if (address === null) return { username: '', password: '' };
  // A "/" of a password ends the host; what is behind it would be printed as the path of the server.
  const isCut = /@/.test(address.pathname + address.search + address.hash);
  const [username, password] = [unescaped(address.username), unescaped(address.password)];
  if (!isCut && username !== null && password !== null) return { username, password };
  const found = isCut ? 'an @ stands behind its host' : 'its user or password holds a % that begins no escape';
  throw configError(['mlflow', 'tracking_uri'], found, {
    fix: 'In a user or password write %25 for %, %40 for @, %2F for /; or leave both out and sign in: gnu-mlops sign-in',
  });
}

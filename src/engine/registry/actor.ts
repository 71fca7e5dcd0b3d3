import { hostname, userInfo } from 'node:os';

/**
 * Who acts, for history: MLFLOW_TRACKING_USERNAME, else GITHUB_ACTOR when a CI system runs, else `user@host`. On a plain store
 * nobody verifies it.
 */
export function currentActor(env: Record<string, string | undefined>): string {
  const inCi = env.CI !== undefined && !/^(|0|false)$/i.test(env.CI);
  return env.MLFLOW_TRACKING_USERNAME || (inCi && env.GITHUB_ACTOR) || `${userName(env)}@${hostname()}`;
}

/** A container may run under a number that has no name. */
function userName(env: Record<string, string | undefined>): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? String(process.getuid?.() ?? 'unknown');
  }
}

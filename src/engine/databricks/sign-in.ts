import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DatabricksSettings } from '../config/databricks-settings.ts';
import { EngineError } from '../support/errors.ts';

/** Sends the two requests that sign a service principal in. */
export interface OAuthTransport {
  /** The JSON at an address that needs no sign-in. */
  getJson(url: string): Promise<unknown>;
  /** The JSON that answers a form. */
  postForm(url: string, form: Record<string, string>, authorization: string): Promise<unknown>;
}

/** Gives a token that is good now. */
export type TokenSource = () => Promise<string>;

interface IssuedToken {
  token: string;
  /** ms since 1970; Infinity when nobody said. */
  expiresAt: number;
  /** How long it is good in all, ms. */
  lifeMs: number;
}

/** A token is replaced this long before its end, or after half its life when that is shorter: as Databricks' own clients do. */
const MOST_EARLY_MS = 20 * 60_000;

/**
 * The token of a workspace's user or service principal, fetched when it is first needed and again before it ends; requests that
 * ask at the same time wait for the same fetch.
 * @throws EngineError `unauthorized` when the credentials are refused, `unreachable`
 */
export function tokenSource(
  { host, credentials }: DatabricksSettings,
  transport: OAuthTransport,
  clock: () => number = Date.now,
): TokenSource {
  if (credentials.kind === 'token') return async () => credentials.token;
  const { clientId, clientSecret } = credentials.kind === 'service-principal' ? credentials : NOBODY;
  const fetchToken = () =>
    credentials.kind === 'databricks-cli'
      ? cliToken(host, clock())
      : principalToken({ host, clientId, clientSecret }, transport, clock());
  let current: IssuedToken | null = null;
  let coming: Promise<IssuedToken> | null = null;
  return async () => {
    if (current !== null && isFresh(current, clock())) return current.token;
    coming ??= fetchToken().finally(() => {
      coming = null;
    });
    current = await coming;
    return current.token;
  };
}

function isFresh({ expiresAt, lifeMs }: IssuedToken, now: number): boolean {
  return now < expiresAt - Math.min(lifeMs / 2, MOST_EARLY_MS);
}

const NOBODY = { clientId: '', clientSecret: '' };

interface Principal {
  host: string;
  clientId: string;
  clientSecret: string;
}

async function principalToken(
  { host, clientId, clientSecret }: Principal,
  transport: OAuthTransport,
  now: number,
): Promise<IssuedToken> {
  const endpoints = (await transport.getJson(`${host}/oidc/.well-known/oauth-authorization-server`)) as {
    token_endpoint?: string;
  };
  const endpoint = endpoints.token_endpoint;
  if (typeof endpoint !== 'string') {
    throw new EngineError('unreachable', `${host} does not say where tokens are given; is it a Databricks workspace?`, {
      fix: 'Correct databricks.host.',
    });
  }
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const form = { grant_type: 'client_credentials', scope: 'all-apis' };
  const answer = (await transport.postForm(endpoint, form, authorization)) as {
    access_token?: string;
    expires_in?: number;
  };
  if (typeof answer.access_token !== 'string')
    throw new EngineError('unreachable', `${host} answered the sign-in with no token.`);
  const lifeMs = Number(answer.expires_in ?? 3600) * 1000;
  return { token: answer.access_token, expiresAt: now + lifeMs, lifeMs };
}

/** `databricks auth token` knows every interactive way to sign in. */
async function cliToken(host: string, now: number): Promise<IssuedToken> {
  try {
    const { stdout } = await promisify(execFile)('databricks', ['auth', 'token', '--host', host], { timeout: 30_000 });
    const { access_token: token, expiry } = JSON.parse(stdout) as { access_token: string; expiry?: string };
    const expiresAt = expiry === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiry);
    return { token, expiresAt, lifeMs: expiresAt - now };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing
      ? 'there are no credentials, and no "databricks" command to ask'
      : 'the "databricks" command has none';
    throw new EngineError('unauthorized', `Nobody is signed in to ${host}: ${why}.`, {
      fix: 'Set DATABRICKS_TOKEN, or a service principal by DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or run: databricks auth login',
    });
  }
}

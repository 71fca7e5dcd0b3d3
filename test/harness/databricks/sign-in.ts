import { randomBytes } from 'node:crypto';
import { type Answer, ApiError, type Call, json, type Route } from './call.ts';
import { anything, object } from './shape.ts';
import type { Workspace } from './workspace.ts';

/** Discovery, the token of a service principal, and who is signed in. */
export const signInRoutes: Route[] = [
  {
    method: 'GET',
    path: '/.well-known/databricks-config',
    permission: 'none',
    answer: ({ origin }, { id }) => json({ oidc_endpoint: `${origin}/oidc`, workspace_id: id, cloud: 'AWS' }),
  },
  {
    method: 'GET',
    path: '/oidc/.well-known/oauth-authorization-server',
    permission: 'none',
    answer: ({ origin }) =>
      json({ authorization_endpoint: `${origin}/oidc/v1/authorize`, token_endpoint: `${origin}/oidc/v1/token` }),
  },
  { method: 'POST', path: '/oidc/v1/token', permission: 'none', takesBytes: true, answer: token },
  {
    method: 'GET',
    path: '/api/2.0/preview/scim/v2/Me',
    query: object({}, { attributes: anything, excludedAttributes: anything }),
    answer: ({ user }) => json({ id: '7', userName: user, active: true, displayName: user.split('@')[0] }),
  },
];

function token({ headers, bytes }: Call, workspace: Workspace): Answer {
  const form = new URLSearchParams(bytes.toString());
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const asks = form.get('grant_type') === 'client_credentials' && form.get('scope') === 'all-apis';
  if (!isForm || !asks || [...form].length !== 2) {
    return { status: 400, json: { error: 'invalid_request', error_description: 'grant_type and scope are wrong' } };
  }
  const { clientId, clientSecret } = workspace.principal;
  const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  if (headers.authorization !== expected)
    return { status: 401, json: { error: 'invalid_client', error_description: 'Client authentication failed' } };
  const access = `eyJ${randomBytes(24).toString('base64url')}`;
  workspace.issuedTokens.set(access, { user: clientId, expiresAt: Date.now() + workspace.tokenSeconds * 1000 });
  return json({ access_token: access, token_type: 'Bearer', expires_in: workspace.tokenSeconds, scope: 'all-apis' });
}

/** Who asks. @throws ApiError 401 without a token that is good now */
export function requireSignIn({ headers }: Call, workspace: Workspace): string {
  const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (given === workspace.token) return workspace.userName;
  const issued = given === undefined ? undefined : workspace.issuedTokens.get(given);
  if (issued !== undefined && issued.expiresAt > Date.now()) return issued.user;
  throw new ApiError(401, 'UNAUTHENTICATED', 'Credential was not sent or was of an unsupported type for this API.');
}

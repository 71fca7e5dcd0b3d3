import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import {
  createEndpoint,
  type Endpoint,
  findEndpoint,
  type ServedVersion,
  updateEndpoint,
  waitForEndpoint,
} from '../databricks/endpoints.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import { EngineError } from '../support/errors.ts';
import type { ModelVersion } from '../tracking/store.ts';
import type { Step } from './step.ts';

const SIZE = { workloadSize: 'Small', scaleToZero: true } as const;

/**
 * The step that makes an endpoint serve a version, alone or beside the one that it serves now.
 * @param traffic per cent of the requests; 100 unless given
 * @throws EngineError `usage`, `conflict` for an endpoint that is not ours or is being updated
 */
export async function endpointStep(
  client: WorkspaceClient,
  config: Config,
  version: ModelVersion,
  traffic = 100,
): Promise<Step> {
  const name = endpointName(config);
  const there = await findEndpoint(client, name);
  if (there !== null) requireOurs(there);
  const served = plannedTraffic(version, there, traffic);
  const isSame = there !== null && sameTraffic(there.served, served) && there.update !== 'UPDATE_FAILED';
  return {
    kind: 'endpoint',
    action: isSame ? 'unchanged' : there === null ? 'create' : 'update',
    name,
    detail: `${served.map((each) => `version ${each.version}: ${each.traffic} %`).join(', ')}.`,
    apply: async (control) => {
      if (there === null) await createEndpoint(client, name, served, SIZE);
      else await updateEndpoint(client, name, served, SIZE);
      await waitForEndpoint(client, name, control);
    },
  };
}

/** @throws EngineError `invalid-config` for a name that Databricks does not take */
export function endpointName({ deployment }: Config): string {
  const { name } = deployment.endpoint;
  if (/^[A-Za-z0-9_-]{1,63}$/.test(name)) return name;
  throw configError(['deployment', 'endpoint', 'name'], `found "${name}"; expected letters, digits, - and _`);
}

function requireOurs({ name, isOurs, update }: Endpoint): void {
  if (!isOurs) {
    throw new EngineError('conflict', `The endpoint ${name} is there and was not made by gnu-mlops.`, {
      fix: 'Choose another deployment.endpoint.name, or give the endpoint the tag managed-by = gnu-mlops.',
    });
  }
  if (update === 'IN_PROGRESS') {
    throw new EngineError('conflict', `The endpoint ${name} is being updated just now.`, {
      fix: 'Wait until it is ready (gnu-mlops databricks status), and run the command again.',
    });
  }
}

/** The version with its share, and the version that had most until now with the rest. */
function plannedTraffic(version: ModelVersion, there: Endpoint | null, traffic: number): ServedVersion[] {
  if (!Number.isInteger(traffic) || traffic < 1 || traffic > 100)
    throw new EngineError('usage', `--traffic ${traffic}: expected a whole number of per cent, 1 to 100.`);
  const next = served(version, traffic);
  const others = (there?.served ?? []).filter((each) => each.version !== version.version);
  const current = others.sort((a, b) => b.traffic - a.traffic)[0];
  if (traffic === 100) return [next];
  if (current === undefined) {
    throw new EngineError('usage', `--traffic ${traffic}: no other version is served that could take the rest.`, {
      fix: 'Leave --traffic out the first time.',
    });
  }
  return [{ ...current, traffic: 100 - traffic }, next];
}

function served({ name, version }: ModelVersion, traffic: number): ServedVersion {
  const short = name
    .split('.')
    .at(-1)!
    .replace(/[^A-Za-z0-9_-]/g, '_');
  return { name: `${short}-${version}`, model: name, version, traffic };
}

function sameTraffic(one: readonly ServedVersion[], other: readonly ServedVersion[]): boolean {
  const texts = (list: readonly ServedVersion[]) => list.map((each) => `${each.model} ${each.version} ${each.traffic}`);
  return texts(one).sort().join() === texts(other).sort().join();
}

import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import { type OpenProjectOptions, openProject, openProjectStore, type Project } from '../project.ts';
import { EngineError } from '../support/errors.ts';
import { isDatabricksUri } from '../tracking/databricks/open.ts';
import type { TrackingStore } from '../tracking/store.ts';
import { isUnityName } from './names.ts';

/** Where to copy from and to. */
export interface Addresses {
  from: string;
  to: string;
}

/** @throws EngineError `usage` when none is given: the configured store cannot be both */
export function addressesOf(
  open: OpenProjectOptions,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Addresses {
  if (from === undefined && to === undefined) {
    throw new EngineError('usage', 'Nothing says where to copy from or to.', {
      fix: 'Give --from or --to; the other one is the store of config.yaml unless given too.',
    });
  }
  const configured = () => load(open, []).config.mlflow.tracking_uri;
  return { from: from ?? configured(), to: to ?? configured() };
}

/** A store to read, and what is to be told of how it was found. */
export interface OpenedSource {
  store: TrackingStore;
  remarks: string[];
}

/**
 * The store to copy from. A workspace of Databricks has two registries, of which the models tell which one is meant, and not the
 * configuration, which may be about another store.
 * @param model the one that is asked for
 */
export async function openSource(
  open: OpenProjectOptions,
  uri: string,
  model: string | undefined,
): Promise<OpenedSource> {
  const openWith = (settings: string[]) =>
    openProjectStore(load(open, settings), { createStore: false, isOffline: open.isOffline ?? false });
  const { tracking_uri, registry_uri } = load(open, []).config.mlflow;
  if (!isDatabricksUri(uri)) return { store: await openWith(otherStore(uri)), remarks: [] };
  if (uri === tracking_uri && registry_uri !== null) return { store: await openWith([]), remarks: [] };
  if (isOfUnity(uri)) return { store: await openWith(workspace(open, uri, 'databricks-uc')), remarks: [] };
  if (model !== undefined) {
    const registry = isUnityName(model) ? 'databricks-uc' : 'databricks';
    return { store: await openWith(workspace(open, uri, registry)), remarks: [] };
  }
  const unity = await openWith(workspace(open, uri, 'databricks-uc'));
  return whereModelsAre(unity, await openWith(workspace(open, uri, 'databricks')));
}

async function whereModelsAre(unity: TrackingStore, own: TrackingStore): Promise<OpenedSource> {
  const [inUnity, inOwn] = [await modelsOf(unity), await modelsOf(own)];
  const isOwn = inUnity.length === 0 && inOwn.length > 0;
  await (isOwn ? unity : own).close();
  const left = isOwn || inOwn.length === 0 ? [] : [inOwn.join(', ')];
  return {
    store: isOwn ? own : unity,
    remarks: left.map(
      (names) =>
        `The workspace's own registry has models too, which stay behind: ${names}. Copy them one by one with --model.`,
    ),
  };
}

/** A workspace without one of the registries says so in many ways. */
async function modelsOf(store: TrackingStore): Promise<string[]> {
  try {
    return (await store.listModels()).map(({ name }) => name);
  } catch (error) {
    if (EngineError.is(error, 'unreachable') || EngineError.is(error, 'cancelled')) throw error;
    return [];
  }
}

/** The project whose store is copied to; null where nothing is yet, and nothing is to be made. */
export async function openTarget(open: OpenProjectOptions, uri: string, dryRun: boolean): Promise<Project | null> {
  // Its own registry cannot be written, so that a workspace gets models in Unity Catalog.
  const settings = isDatabricksUri(uri) ? workspace(open, uri, 'databricks-uc') : otherStore(uri);
  try {
    return await openProject({ ...open, set: [...(open.set ?? []), ...settings], createStore: !dryRun });
  } catch (error) {
    if (dryRun && EngineError.is(error, 'not-found')) return null;
    throw error;
  }
}

function otherStore(uri: string): string[] {
  return [`mlflow.tracking_uri=${JSON.stringify(uri)}`, 'mlflow.registry_uri=null'];
}

function isOfUnity(uri: string): boolean {
  return uri.startsWith('databricks-uc');
}

/** A name is not asked of Unity Catalog here; the configured one may be that of the other store, and would be refused. */
function workspace(open: OpenProjectOptions, uri: string, registry: 'databricks-uc' | 'databricks'): string[] {
  const profile = uri.replace(/^databricks(-uc)?/, '');
  const { model_name } = load(open, []).config.mlflow;
  return [
    `mlflow.tracking_uri=databricks${profile}`,
    `mlflow.registry_uri=${registry}${profile}`,
    ...(isUnityName(model_name) ? [] : ['mlflow.model_name=catalog.schema.model']),
  ];
}

/** The configuration with these settings on top. */
function load(open: OpenProjectOptions, settings: string[]): LoadedConfig {
  const overrides = [...(open.set ?? []), ...settings].map(parseSetFlag);
  return loadConfig({ file: open.configFile ?? 'config.yaml', overrides, ...(open.env ? { env: open.env } : {}) });
}

import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import { type OpenProjectOptions, openProject, openProjectStore, type Project, requireWritable } from '../project.ts';
import { recoverInterrupted } from '../registry/recovery.ts';
import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import type { TrackingStore } from '../tracking/store.ts';
import { Copying, copiesExperiment } from './copying.ts';
import { preview } from './preview.ts';
import type { CopyResult } from './results.ts';
import type { CopySelection } from './selection.ts';

export interface CopyOptions extends CopySelection, OperationControl {
  /** Address of the store to copy from, as mlflow.tracking_uri; the configured one unless given. */
  from?: string | undefined;
  /** Address of the store to copy to; the configured one unless given. */
  to?: string | undefined;
  /** Tell what would be copied, change nothing. */
  dryRun?: boolean | undefined;
}

/**
 * Copies runs and models from one back end to another: params, metric history, tags, dataset inputs, artifacts, versions, aliases and the
 * history of deployments. Whatever is there already stays as it is, so that it can be started again after an interruption.
 * @throws EngineError `usage`, `not-found`, `lock-held`, `conflict`, `cancelled`, `unsupported` (artifacts out of reach), and what the stores say
 */
export async function copy(open: OpenProjectOptions, options: CopyOptions): Promise<CopyResult> {
  if (!options.dryRun) requireWritable({ readOnly: open.readOnly ?? false });
  const { from, to } = addresses(open, options);
  const source = await openProjectStore(loadWith(open, from), {
    createStore: false,
    isOffline: open.isOffline ?? false,
  });
  try {
    const project = await openTarget(open, to, options.dryRun ?? false);
    if (project === null) return await preview(source, null, to, options);
    try {
      await requireDifferent(source, project.store);
      return options.dryRun
        ? await preview(source, project.store, (await project.store.describe()).location, options)
        : await copyLocked(source, project, options);
    } finally {
      await project.close();
    }
  } finally {
    await source.close();
  }
}

/** @throws EngineError `usage` when none is given: the configured store cannot be both */
function addresses(open: OpenProjectOptions, { from, to }: CopyOptions): { from: string; to: string } {
  if (from === undefined && to === undefined) {
    throw new EngineError('usage', 'Nothing says where to copy from or to.', {
      fix: 'Give --from or --to; the other one is the store of config.yaml unless given too.',
    });
  }
  const configured = () => loadWith(open, null).config.mlflow.tracking_uri;
  return { from: from ?? configured(), to: to ?? configured() };
}

function withStore({ set = [] }: OpenProjectOptions, uri: string | null): string[] {
  if (uri === null) return set;
  return [...set, `mlflow.tracking_uri=${JSON.stringify(uri)}`, 'mlflow.registry_uri=null'];
}

/** The configuration with another store in it. */
function loadWith(open: OpenProjectOptions, uri: string | null): LoadedConfig {
  const overrides = withStore(open, uri).map(parseSetFlag);
  return loadConfig({ file: open.configFile ?? 'config.yaml', overrides, ...(open.env ? { env: open.env } : {}) });
}

/** Null where nothing is yet, and nothing is to be made. */
async function openTarget(open: OpenProjectOptions, uri: string, dryRun: boolean): Promise<Project | null> {
  try {
    return await openProject({ ...open, set: withStore(open, uri), createStore: !dryRun });
  } catch (error) {
    if (dryRun && EngineError.is(error, 'not-found')) return null;
    throw error;
  }
}

async function requireDifferent(source: TrackingStore, target: TrackingStore): Promise<void> {
  const [from, to] = [await source.describe(), await target.describe()];
  if (from.location !== to.location) return;
  throw new EngineError('usage', `${from.location} cannot be copied to itself.`, {
    fix: 'Name another store with --from or --to.',
  });
}

async function copyLocked(source: TrackingStore, project: Project, options: CopyOptions): Promise<CopyResult> {
  const { location } = await project.store.describe();
  const lease = project.leases().acquire(`copy:${location}`, project.clock());
  try {
    await project.recover();
    await recoverInterrupted(project.store, [copiesExperiment(project)], undefined, project.clock());
    const log = project.startLog('copy');
    return await new Copying(source, project, log, options).run();
  } finally {
    lease.release();
  }
}

import { type OpenProjectOptions, type Project, requireWritable } from '../project.ts';
import { recoverInterrupted } from '../registry/recovery.ts';
import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import type { TrackingStore } from '../tracking/store.ts';
import { addressesOf, openSource, openTarget } from './addresses.ts';
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
  const { from, to } = addressesOf(open, options);
  const { store: source, remarks } = await openSource(open, from, options.model);
  try {
    const project = await openTarget(open, to, options.dryRun ?? false);
    const result =
      project === null
        ? await preview(source, null, to, options)
        : await copyInto(source, project, options).finally(() => project.close());
    return { ...result, warnings: [...remarks, ...result.warnings] };
  } finally {
    await source.close();
  }
}

async function copyInto(source: TrackingStore, project: Project, options: CopyOptions): Promise<CopyResult> {
  await requireDifferent(source, project.store);
  return options.dryRun
    ? preview(source, project.store, (await project.store.describe()).location, options)
    : copyLocked(source, project, options);
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

import { joinLocation } from '../artifacts/artifact-path.ts';
import { copyTree } from '../artifacts/transfer.ts';
import { EngineError } from '../support/errors.ts';
import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';
import type { RunCopy } from './copy-runs.ts';
import { versionTags } from './copy-tags.ts';
import { COPIED_FROM_TAG, versionOrigin } from './origin.ts';

/**
 * Registers the copy of a version under the next number.
 * @param run the version's run in the source; null when it is gone
 * @param copyId the run's copy, with all its artifacts
 * @param to `name`: of the model in the target
 */
export async function registerCopy(
  { source, target, signal }: RunCopy,
  version: ModelVersion,
  run: Run | null,
  copyId: string,
  { location, name }: { location: string; name: string },
): Promise<ModelVersion> {
  const copy = await target.getRun(copyId);
  const place = await source.locate(version);
  let folder = run === null ? null : folderInRun(source, run, place);
  if (folder === null) {
    folder = `model-${version.name.replace(/[^\w.-]/g, '_')}-${version.version}`;
    const to = target.artifacts.repository(joinLocation(copy.artifactUri, folder));
    await copyTree(source.artifacts.repository(place), to, { signal });
  }
  const registered = await target.finishRun(copyId, {
    status: copy.status === 'RUNNING' ? 'FINISHED' : copy.status,
    endTime: copy.endTime ?? version.createdAt,
    register: {
      name,
      source: joinLocation(copy.artifactUri, folder),
      runId: copyId,
      userId: version.userId,
      description: version.description,
      tags: { ...versionTags(version).taken, [COPIED_FROM_TAG]: versionOrigin(version, location) },
    },
  });
  return registered!;
}

/** Where among its run's artifacts a model lies; null when it lies elsewhere, as MLflow 3 keeps models. */
function folderInRun({ artifacts }: TrackingStore, run: Run, location: string): string | null {
  const place = (uri: string) => (artifacts.localFolder(uri) ?? uri).replaceAll('\\', '/').replace(/\/+$/, '');
  const [root, folder] = [place(run.artifactUri), place(location)];
  return folder.startsWith(`${root}/`) ? folder.slice(root.length + 1) : null;
}

/** @throws EngineError `conflict` */
export function requireCommitted(outcome: Awaited<ReturnType<TrackingStore['commitPromotion']>>, model: string): void {
  if (outcome.status === 'committed') return;
  throw new EngineError('conflict', `Somebody moved the alias ${outcome.alias} of ${model} just now.`, {
    fix: 'Copy again: what is there already stays.',
  });
}

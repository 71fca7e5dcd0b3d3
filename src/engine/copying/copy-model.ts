import { existsSync } from 'node:fs';
import path from 'node:path';
import { joinLocation } from '../artifacts/artifact-path.ts';
import { copyTree } from '../artifacts/transfer.ts';
import { digestFolder } from '../model/digest.ts';
import { MODEL_DIGEST_TAG } from '../registry/model-version.ts';
import { EngineError } from '../support/errors.ts';
import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';
import type { RunCopy } from './copy-runs.ts';
import { versionTags } from './copy-tags.ts';
import { COPIED_FROM_TAG, versionOrigin } from './origin.ts';

/** The file without which nobody, MLflow included, can load a model. */
const MODEL_FILE = 'MLmodel';

/**
 * Where a version's model lies.
 * @throws EngineError `invalid-model` when there is none: a version without files would look ready and be nothing
 */
export async function locateModel(source: TrackingStore, version: ModelVersion): Promise<string> {
  const place = await source.locate(version);
  // Stores answer with what the version says itself when nothing stands behind it.
  if (/^(models|runs):/.test(place)) {
    throw new EngineError('invalid-model', `${place}, where its model should lie, is gone`, {
      fix: 'Bring that back, or delete the version in the source, then copy again.',
    });
  }
  if ((await source.artifacts.file(place, MODEL_FILE)) !== null) return place;
  throw new EngineError('invalid-model', `there is no ${MODEL_FILE} at ${place}`, {
    fix: 'Bring its files back, then copy again.',
  });
}

/**
 * Registers the copy of a version under the next number.
 * @param run the version's run in the source; null when it is gone
 * @param copyId the run's copy, with all its artifacts
 * @param to `name`: of the model in the target; `place`: where the model lies in the source
 * @throws EngineError `invalid-model` when what arrived is not what was trained
 */
export async function registerCopy(
  { source, target, signal }: RunCopy,
  version: ModelVersion,
  run: Run | null,
  copyId: string,
  { location, name, place }: { location: string; name: string; place: string },
): Promise<ModelVersion> {
  const copy = await target.getRun(copyId);
  const folder =
    (run === null ? null : folderInRun(source, run, place)) ??
    `model-${version.name.replace(/[^\w.-]/g, '_')}-${version.version}`;
  const uri = joinLocation(copy.artifactUri, folder);
  // Also what came with the run: a model that was missing then may be back.
  await copyTree(source.artifacts.repository(place), target.artifacts.repository(uri), { signal });
  await requireSame(target, uri, run?.tags[MODEL_DIGEST_TAG], signal);
  const registered = await target.finishRun(copyId, {
    status: copy.status === 'RUNNING' ? 'FINISHED' : copy.status,
    endTime: copy.endTime ?? version.createdAt,
    register: {
      name,
      source: uri,
      runId: copyId,
      userId: version.userId,
      description: version.description,
      tags: { ...versionTags(version).taken, [COPIED_FROM_TAG]: versionOrigin(version, location) },
    },
  });
  return registered!;
}

/** Sizes alone do not tell whether a model arrived as it was trained. */
async function requireSame(
  { artifacts }: TrackingStore,
  uri: string,
  expected: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = await artifacts.folder(uri, { signal, fresh: true });
  const isThere = folder !== null && existsSync(path.join(folder, MODEL_FILE));
  if (isThere && (expected === undefined || digestFolder(folder) === expected)) return;
  const what = isThere ? `is not the one with the digest ${expected}` : `has no ${MODEL_FILE}`;
  throw new EngineError('invalid-model', `what arrived at ${uri} ${what}`, {
    fix: 'Remove it there, look at the model in the source, and copy again.',
  });
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

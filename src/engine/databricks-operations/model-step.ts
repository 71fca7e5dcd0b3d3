import path from 'node:path';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import type { Project } from '../project.ts';
import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import type { ModelVersion } from '../tracking/store.ts';
import type { Step } from './step.ts';
import { filesBelow, uploadStep } from './upload.ts';
import { projectVolume } from './volume.ts';

/**
 * The step that puts a version's model folder into the Volume: `models/<name>/<version>`, MLmodel last.
 * @throws EngineError `invalid-model` when its files are gone
 */
export async function modelStep(
  client: WorkspaceClient,
  { store, config }: Project,
  version: ModelVersion,
  { signal }: OperationControl,
): Promise<Step> {
  const location = await store.locate(version);
  const folder = await store.artifacts.folder(location, { signal });
  if (folder === null) {
    throw new EngineError('invalid-model', `The model folder of version ${version.version} is missing: ${location}.`, {
      fix: 'Restore it, or deploy another version.',
    });
  }
  const target = path.posix.join(projectVolume(config).path, 'models', version.name, version.version);
  const files = filesBelow(folder);
  return uploadStep(client, { kind: 'model', target, files, last: 'MLmodel', digests: `${target}.sha256.json` });
}

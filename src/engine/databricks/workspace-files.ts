import { EngineError } from '../support/errors.ts';
import type { WorkspaceClient } from './workspace-client.ts';

/** What the import of one file takes at most. */
const MOST_BYTES = 10 << 20;

/** Makes a folder of the workspace and those above it; idempotent. */
export async function makeWorkspaceFolder(client: WorkspaceClient, path: string): Promise<void> {
  await client.call({ method: 'POST', path: '/api/2.0/workspace/mkdirs', body: { path }, isRepeatable: true });
}

/** Puts a file into the workspace, over one that is there. @throws EngineError `usage` when it is larger than 10 MB */
export async function importFile(client: WorkspaceClient, path: string, bytes: Buffer): Promise<void> {
  if (bytes.length > MOST_BYTES) {
    throw new EngineError(
      'usage',
      `${path} would be ${bytes.length} bytes; a workspace file has at most ${MOST_BYTES}.`,
      {
        fix: 'Keep large files in a Volume.',
      },
    );
  }
  const body = { path, content: bytes.toString('base64'), format: 'AUTO', overwrite: true };
  await client.call({ method: 'POST', path: '/api/2.0/workspace/import', body, isRepeatable: true });
}

/** The bytes of a workspace file; null when there is none. */
export async function exportFile(client: WorkspaceClient, path: string): Promise<Buffer | null> {
  try {
    const query = { path, format: 'AUTO' };
    const { content } = await client.call<{ content: string }>({
      method: 'GET',
      path: '/api/2.0/workspace/export',
      query,
    });
    return Buffer.from(content, 'base64');
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return null;
    throw error;
  }
}

/** Removes a file, or a folder with everything in it. */
export async function deleteWorkspacePath(client: WorkspaceClient, path: string): Promise<void> {
  const body = { path, recursive: true };
  await client.call({ method: 'POST', path: '/api/2.0/workspace/delete', body });
}

/** Whether a folder of the workspace is there. */
export async function hasWorkspaceFolder(client: WorkspaceClient, path: string): Promise<boolean> {
  try {
    const query = { path };
    const status = await client.call<{ object_type: string }>({
      method: 'GET',
      path: '/api/2.0/workspace/get-status',
      query,
    });
    return status.object_type === 'DIRECTORY';
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return false;
    throw error;
  }
}

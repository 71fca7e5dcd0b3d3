import { createHash } from 'node:crypto';
import { getFile, putFile } from '../databricks/files.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import { EngineError } from '../support/errors.ts';

/** Digests of uploaded files by their path in the workspace. */
export type Digests = Map<string, string>;

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * What was uploaded, as it is remembered in `file` beside it: Databricks tells names and sizes of files, and a number may change without
 * changing the size. Empty where nothing is remembered, or nothing that can be read.
 */
export async function readDigests(client: WorkspaceClient, file: string): Promise<Digests> {
  const bytes = await getFile(client, file).catch((error: unknown) => {
    if (EngineError.is(error, 'not-found')) return null;
    throw error;
  });
  return new Map(bytes === null ? [] : entriesOf(bytes.toString('utf8')));
}

function entriesOf(text: string): [string, string][] {
  try {
    const { files } = JSON.parse(text) as { files: Record<string, string> };
    return Object.entries(files);
  } catch {
    return [];
  }
}

export async function writeDigests(client: WorkspaceClient, file: string, digests: Digests): Promise<void> {
  const files = Object.fromEntries([...digests].sort(([one], [other]) => (one < other ? -1 : 1)));
  await putFile(client, file, Buffer.from(`${JSON.stringify({ schema: 1, digest: 'sha256', files }, null, 2)}\n`));
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { throwIfCancelled } from '../support/progress.ts';
import type { BatchWork } from './batch-work.ts';
import { type Candidate, standsStill } from './input-scan.ts';
import { type JournalEntry, planEntry } from './journal.ts';

/** An input that will be done. */
export interface Taken {
  entry: JournalEntry;
  /** Its bytes when it is a small one: they were read for its digest. */
  content?: Buffer | undefined;
}

/** What will be done with an input; null when it changed while its digest was taken. */
export async function takeOn(candidate: Candidate, work: BatchWork): Promise<Taken | null> {
  const { file, size, mtimeMs } = candidate;
  const { sha256, content } = await digestOf(candidate, work.signal);
  if (!standsStill(candidate)) return null;
  const identity = { name: path.basename(file), size, mtime_ms: mtimeMs, sha256 };
  const entry = planEntry(file, identity, work.project.clock(), { ...work.places, planned: work.planned });
  work.planned.add(entry.output);
  return { entry, content };
}

/** Smaller files are read at once: a stream would cost more than their bytes. */
const SMALL_BYTES = 1 << 18;

async function digestOf(
  { file, size }: Candidate,
  signal: AbortSignal | undefined,
): Promise<{ sha256: string; content?: Buffer }> {
  if (size < SMALL_BYTES) {
    const content = readFileSync(file);
    return { sha256: createHash('sha256').update(content).digest('hex'), content };
  }
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 20);
  const handle = await open(file);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return { sha256: hash.digest('hex') };
      throwIfCancelled(signal);
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

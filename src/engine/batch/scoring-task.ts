import type { ErrorReason } from '../support/errors.ts';
import type { FileLayout, ScoredBlock } from './block-scorer.ts';

/** What a scoring thread is asked to do. */
export interface ScoringTask {
  id: number;
  layout: FileLayout;
  bytes: Uint8Array<ArrayBuffer>;
  /** For the output. */
  room: ArrayBuffer;
}

/** What it answers; the block's memory comes back with it. */
export type ScoringReply =
  | { kind: 'scored'; id: number; block: ScoredBlock; memory: ArrayBuffer }
  | { kind: 'failed'; id: number; reason: ErrorReason; message: string };

import type { Project } from '../project.ts';
import type { Journal, Places } from './journal.ts';
import type { BatchModel } from './score-file.ts';
import type { ScoringPool } from './scoring-pool.ts';

/** What all inputs of a batch have in common. */
export interface BatchWork {
  project: Project;
  model: BatchModel;
  journal: Journal;
  places: Places;
  pool: ScoringPool;
  /** Outputs that this batch is going to write: names that are taken though no file has them yet. */
  planned: Set<string>;
  signal: AbortSignal | undefined;
  /** Bytes of an input that are done. */
  onProgress: (input: string, bytes: number) => void;
}

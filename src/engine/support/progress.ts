import { EngineError } from './errors.ts';

/** How far an operation is. `done` and `total` count the phase's own steps; total 0 means unknown. */
export interface Progress {
  /** What is happening now, as shown to people: "Cross-validating". */
  phase: string;
  done: number;
  total: number;
}

/** What every operation accepts beside its own options. */
export interface OperationControl {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** @throws EngineError `cancelled` when the signal is aborted. Call it between steps of work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EngineError('cancelled', 'Cancelled.');
}

import { availableParallelism } from 'node:os';

/** Threads that `n_jobs` asks for: itself, or every processor for -1. */
export function threadCount(jobs: number): number {
  return jobs > 0 ? jobs : availableParallelism();
}

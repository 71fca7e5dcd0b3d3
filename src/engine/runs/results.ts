import type { RunStatus } from '../tracking/store.ts';

/** A run as `--json` prints it; times ISO 8601 UTC, NaN and infinities null. */
export interface RunDocument {
  run_id: string;
  name: string;
  status: RunStatus;
  start_time: string;
  end_time: string | null;
  params: Record<string, string>;
  metrics: Record<string, number | null>;
  tags: Record<string, string>;
}

/** What `runs --json` prints. */
export interface RunsResult {
  schema: 1;
  /** Newest first unless ordered otherwise. */
  runs: RunDocument[];
  next_page_token: string | null;
}

/** One line of a comparison: the values in the order of the runs, null where a run has none. */
export interface ComparedRow {
  kind: 'metric' | 'param' | 'tag';
  name: string;
  values: (number | string | null)[];
  /** Whether the runs differ here. */
  differs: boolean;
}

/** What `compare --json` prints. */
export interface CompareResult {
  schema: 1;
  runs: Pick<RunDocument, 'run_id' | 'name' | 'status' | 'start_time'>[];
  rows: ComparedRow[];
}

import type { FileDistribution } from '../monitoring/distribution.ts';

/** What an input is known by: the same content under the same name later is another input, because its time differs. */
export interface InputIdentity {
  name: string;
  /** bytes */
  size: number;
  /** Last change, ms since 1970 (with fractions). */
  mtime_ms: number;
  /** Hexadecimal, of the file as it lies there (compressed when it is). */
  sha256: string;
}

/** `<output>.manifest.json`: once it is there, the output is complete. */
export interface Manifest {
  schema: 1;
  /** Of the input's journal entry; also names its line in the prediction log. */
  id: string;
  input: InputIdentity;
  /** File names beside the manifest; `refused_file` is null when every row was scored. */
  output: string;
  refused_file: string | null;
  /** Rows of the input: scored and refused ones. */
  rows: number;
  refused: number;
  /** Rows by reason, the most frequent first. */
  refused_reasons: Record<string, number>;
  warnings: string[];
  /** Put before our columns because an input column is called like one of them; else "". */
  prefix: string;
  model: { name: string; version: string; run_id: string | null };
  /** ISO 8601 UTC */
  started: string;
  finished: string;
  duration_ms: number;
  distribution: FileDistribution;
}

/** One input of a batch. */
export interface BatchFile {
  input: string;
  /** Null unless it was scored. */
  output: string | null;
  /** Digest of the input, hexadecimal; null unless it was scored. */
  sha256: string | null;
  /** Where the input lies now; null when it was left where it was. */
  archived: string | null;
  rows: number;
  refused: number;
  /**
   * `growing`: not ready, next time. `recovered`: an interrupted run had scored it, and this one has put it away. `ready`: what
   * a dry run would score.
   */
  status: 'done' | 'recovered' | 'failed' | 'growing' | 'ready';
  error: string | null;
  warnings: string[];
}

/** What `batch --json` prints. */
export interface BatchResult {
  schema: 1;
  /** `failed`: at least one file failed; the others are done. */
  status: 'done' | 'failed' | 'nothing-to-do' | 'dry-run';
  /** MLflow run that records it; null when there was nothing to do. */
  run_id: string | null;
  model_name: string;
  version: string | null;
  files: BatchFile[];
  duration_ms: number;
}

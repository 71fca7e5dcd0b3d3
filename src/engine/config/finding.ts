import type { ConfigPath } from './config.ts';

/** A stretch of text, 1-based, as editors count. */
export interface TextRange {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

/** Something wrong or doubtful in the configuration. */
export interface Finding {
  severity: 'error' | 'warning';
  path: ConfigPath;
  message: string;
  /** Where in config.yaml; absent when the value came from a flag or the environment. */
  range?: TextRange;
  /** Where the value came from when not from the file: "--set training.test_size". */
  origin?: string;
  /** A name that was probably meant, for a quick fix. */
  replacement?: string;
}

/** `config.yaml:12:5: message`, or the flag or variable that is to blame. */
export function formatFinding(fileName: string, finding: Finding): string {
  if (finding.range) return `${fileName}:${finding.range.line}:${finding.range.column}: ${finding.message}`;
  return `${finding.origin ?? fileName}: ${finding.message}`;
}

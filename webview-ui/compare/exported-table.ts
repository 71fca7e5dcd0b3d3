import type { ComparedRun } from '../../src/protocol/panels.ts';
import { isoInstant } from '../values/instants.ts';
import { bestOf, type CellValue, type CompareRow } from './rows.ts';

/** A table as it leaves the page: all digits, MLflow's keys, the runs in the order shown. */
export interface ExportedTable {
  columns: string[];
  rows: { kind: string; name: string; values: CellValue[]; best: ReadonlySet<number> }[];
}

/** @param order indices of the runs, in the order in which they are shown */
export function exportedTable(
  runs: readonly ComparedRun[],
  rows: readonly CompareRow[],
  order: readonly number[],
): ExportedTable {
  const shown = order.flatMap((at) => runs[at] ?? []);
  const about = (name: string, value: (run: ComparedRun) => CellValue) => ({
    kind: 'run',
    name,
    values: shown.map(value),
    best: new Set<number>(),
  });
  return {
    columns: ['kind', 'name', ...shown.map(({ run }) => run.name)],
    rows: [
      about('run_id', ({ run }) => run.runId),
      about('status', ({ run }) => run.status),
      about('start_time', ({ run }) => isoInstant(run.startTime) ?? null),
      about('version', ({ versions }) => versions.join(' ')),
      ...rows.flatMap((row) => sourceRows(row, order)),
    ],
  };
}

function sourceRows({ kind, better, sources }: CompareRow, order: readonly number[]): ExportedTable['rows'] {
  return sources.map(({ name, values }, at) => {
    const ordered = order.map((run) => values[run] ?? null);
    // The deviation that stands beside a mean is neither good nor bad.
    const best = bestOf({ better: at === 0 ? better : null, values: ordered });
    return { kind: kind === 'fold' ? 'metric' : kind, name, values: ordered, best };
  });
}

/** Comma-separated values as RFC 4180 has them: CRLF, quotes doubled; an absent value is an empty field. */
export function toCsv({ columns, rows }: ExportedTable): string {
  const lines = [columns, ...rows.map(({ kind, name, values }) => [kind, name, ...values])];
  return lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

function csvField(value: CellValue): string {
  const text = String(value ?? '');
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A Markdown table (GitHub's): the best values bold; nothing of a value is taken for markup. */
export function toMarkdown({ columns, rows }: ExportedTable): string {
  const lines = [
    columns.map(markdownText),
    columns.map(() => '---'),
    ...rows.map(({ kind, name, values, best }) => [
      kind,
      markdownText(name),
      ...values.map((value, at) => markdownCell(value, best.has(at))),
    ]),
  ];
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('');
}

function markdownCell(value: CellValue, isBest: boolean): string {
  const text = markdownText(String(value ?? ''));
  return isBest ? `**${text}**` : text;
}

/** Backslash before whatever Markdown could read, character references for HTML, `<br>` for line ends. */
function markdownText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]#|~!]/g, '\\$&')
    .replaceAll(/\r\n|\r|\n/g, '<br>');
}

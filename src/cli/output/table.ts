import { styleText } from 'node:util';
import Table from 'cli-table3';
import { printable } from './printable.ts';

/** A cell with a colour, where the terminal shows colours. */
export interface StyledCell {
  text: string;
  style: 'green' | 'red' | 'yellow';
}

type Cell = string | number | StyledCell | null | undefined;

const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** Columns under a header, without lines; numbers stand to the right. */
export function table(head: string[], rows: Cell[][]): string {
  const isNumeric = head.map((_, column) => rows.every((row) => isNumber(row[column])));
  const drawn = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: isNumeric.map((numeric) => (numeric ? 'right' : 'left')),
  });
  drawn.push(
    head.map((name) => styleText('dim', name)),
    ...rows.map((row) => row.map(cellText)),
  );
  return trimLines(drawn.toString());
}

/** Names before values, aligned. */
export function fields(entries: [string, Cell][]): string {
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}`.trimEnd()).join('\n');
}

/** A metric or a probability with as many digits as mean something; a dash where there is no number. */
export function decimal(value: number | null | undefined, digits = 4): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits);
}

function isNumber(cell: Cell): boolean {
  if (cell === null || cell === undefined || typeof cell === 'number') return true;
  return typeof cell === 'string' && /^-?[\d.]*%?$|^-$/.test(cell);
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '-';
  if (typeof cell === 'object') return styleText(cell.style, printable(cell.text));
  return printable(String(cell));
}

function trimLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

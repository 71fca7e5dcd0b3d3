/** A part of a message; rendered as text, HTML, or for a chat. */
export type Block =
  | { kind: 'paragraph'; text: string }
  | { kind: 'fields'; rows: [name: string, value: string][] }
  | { kind: 'table'; title: string; head: string[]; rows: string[][] }
  | { kind: 'lines'; title: string; lines: string[] };

/** What a message says, before it is known how it is shown. */
export interface Letter {
  /** One line. */
  subject: string;
  blocks: Block[];
}

/** Rows of a table that are shown; nobody reads a thousand in a mail. */
const MOST_ROWS = 50;

/** A table block that says how many rows it leaves out. */
export function tableBlock(title: string, head: string[], rows: string[][]): Block {
  const left = rows.length - MOST_ROWS;
  const shown = left > 0 ? [...rows.slice(0, MOST_ROWS), [`... and ${left} more`]] : rows;
  return { kind: 'table', title, head, rows: shown };
}

/** Text from data or a server that stays on its line and moves no cursor. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?');
}

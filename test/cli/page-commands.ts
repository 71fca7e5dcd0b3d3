// The pages as a reader meets them: their blocks, the shell commands in those, and the spans of code in their sentences.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';

export interface PageBlock {
  page: string;
  /** Of the first line inside. */
  line: number;
  /** What stands behind the fence; empty when nothing does. */
  language: string;
  lines: readonly string[];
}

export interface PageCommand {
  page: string;
  line: number;
  text: string;
  exitCode: number;
}

export interface CodeSpan {
  page: string;
  /** On one line, without the escapes of a table. */
  text: string;
}

/** The pages for readers: all of docs/, and the two at the top. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(projectRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export const readPage = (page: string): string => readFileSync(path.join(projectRoot, page), 'utf8');

const FENCE = /^\s*```\s*(\S*)\s*$/;
const EXPECTATION = /\s+# exits with (\d+)\b.*$/;

/** Every fenced block of a page, in order. */
export function pageBlocks(page: string): PageBlock[] {
  const blocks: PageBlock[] = [];
  let open: { line: number; language: string; lines: string[] } | undefined;
  for (const [index, text] of readPage(page).split('\n').entries()) {
    const fence = FENCE.exec(text);
    if (!fence) open?.lines.push(text);
    else if (open) {
      blocks.push({ page, ...open });
      open = undefined;
    } else open = { line: index + 2, language: fence[1]!, lines: [] };
  }
  if (open) throw new Error(`${page}:${open.line}: the block does not end.`);
  return blocks;
}

/** The commands of a block that is marked `sh`, in order, with the exit code that each is to have. */
export function commandsOf({ page, line, lines }: PageBlock): PageCommand[] {
  return lines.flatMap((text, index) => {
    if (text.trim() === '') return [];
    const exitCode = Number(EXPECTATION.exec(text)?.[1] ?? 0);
    return [{ page, line: line + index, text: text.replace(EXPECTATION, ''), exitCode }];
  });
}

/** A shell script that runs the commands in order and stops at the first that ends otherwise than its page says. */
export function scriptOf(commands: readonly PageCommand[]): string {
  const steps = commands.map(({ page, line, text, exitCode }) => {
    const complaint = `"${page}:${line} exited with $code, not ${exitCode}"`;
    return `${text}\ncode=$?; [ $code -eq ${exitCode} ] || { echo ${complaint} >&2; exit 99; }`;
  });
  return `${steps.join('\n')}\n`;
}

/** The spans of code in a page's sentences and tables; blocks are left out. */
export function codeSpans(page: string): CodeSpan[] {
  const prose = readPage(page).replaceAll(/^\s*```[\s\S]*?^\s*```/gm, '');
  // A span ends with its paragraph, in a table with its row.
  const passages = prose.split(/\n\s*\n|\n(?=[|#])/);
  return passages.flatMap((passage) =>
    [...passage.matchAll(/`([^`]+)`/g)].map(([, text]) => ({
      page,
      text: text!.replaceAll(/\s*\n[\s>]*/g, ' ').replaceAll('\\|', '|'),
    })),
  );
}

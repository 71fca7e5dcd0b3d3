// The shell commands of a page, as a reader would type them.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';

export interface PageCommand {
  page: string;
  line: number;
  text: string;
  exitCode: number;
}

const FENCE = /^```(\w*)$/;
const EXPECTATION = /\s+# exits with (\d+)\b.*$/;

/** The commands in the page's blocks that are marked `sh`, in order, with the exit code that each is to have. */
export function pageCommands(page: string): PageCommand[] {
  const lines = readFileSync(path.join(projectRoot, page), 'utf8').split('\n');
  let language: string | undefined;
  return lines.flatMap((text, index) => {
    const fence = FENCE.exec(text);
    if (fence) {
      language = language === undefined ? fence[1] : undefined;
      return [];
    }
    if (language !== 'sh' || text.trim() === '') return [];
    const exitCode = Number(EXPECTATION.exec(text)?.[1] ?? 0);
    return [{ page, line: index + 1, text: text.replace(EXPECTATION, ''), exitCode }];
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

import path from 'node:path';
import type { Finding } from './finding.ts';

/** What to do about mistakes in the configuration: where they are corrected, and how to look again. */
export function wayOut(errors: Finding[], file: string): string {
  const origins = [...new Set(errors.flatMap(({ range, origin }) => (range ? [] : (origin ?? []))))];
  const lines = errors.filter(({ range }) => range).length;
  const places = [...(lines === 0 ? [] : [lines === 1 ? 'the line above' : 'the lines above']), ...origins];
  if (lines === 0 && origins.length > 0) return `Correct ${places.join(' and ')}, then run the command again.`;
  return `Correct ${places.join(' and ') || 'the file'}, then run: ${validateCommand(file)}`;
}

/** `gnu-mlops validate` for this file, from the folder that one is in. */
function validateCommand(file: string): string {
  const relative = path.relative('', file);
  const name = relative.startsWith('..') ? file : relative;
  if (name === 'config.yaml') return 'gnu-mlops validate';
  return `gnu-mlops validate --config ${/^[\w./\\:-]+$/.test(name) ? name : JSON.stringify(name)}`;
}

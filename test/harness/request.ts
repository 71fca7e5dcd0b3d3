import type { EditorVersion } from '../../scripts/code-server.ts';

export const ringNames = ['lint', 'engine', 'cli', 'webview', 'interop', 'back-ends', 'editor', 'e2e'] as const;
export type RingName = (typeof ringNames)[number];

/** What the command line of `node test/run.ts` asks for. */
export interface TestRequest {
  rings: readonly RingName[];
  /** Skipped tests count as failures. */
  noSkips: boolean;
  /** Versions of VS Code that the editor ring runs in. */
  editors: readonly EditorVersion[];
  /** Arguments for mocha, such as --grep. */
  mocha: readonly string[];
}

/** Reads `[ring...] [--no-skips] [--editor oldest|newest] [mocha arguments]`; without ring names every ring runs. */
export function parseRequest(args: readonly string[], env: NodeJS.ProcessEnv): TestRequest {
  const rest = [...args];
  const rings: RingName[] = [];
  while (isRingName(rest[0])) rings.push(rest.shift() as RingName);
  requireKnown(rest[0]);
  const noSkips = takeFlag(rest, '--no-skips') || env.CI_STRICT === '1';
  const editor = takeValue(rest, '--editor');
  const mocha = noSkips ? ['--forbid-only', ...rest] : rest;
  return { rings: rings.length > 0 ? rings : ringNames, noSkips, editors: editorVersions(editor), mocha };
}

/** The first word that is no ring must be an option of mocha's or a test file; a misspelt ring would start everything. */
function requireKnown(word: string | undefined): void {
  if (word === undefined || word.startsWith('-') || word.endsWith('.test.ts')) return;
  throw new Error(`There is no ring "${word}"; rings are ${ringNames.join(', ')}.`);
}

function editorVersions(chosen: string | undefined): readonly EditorVersion[] {
  if (chosen === undefined) return ['oldest', 'newest'];
  if (chosen === 'oldest' || chosen === 'newest') return [chosen];
  throw new Error(`--editor takes oldest or newest, not ${chosen}`);
}

function isRingName(argument: string | undefined): argument is RingName {
  return ringNames.some((name) => name === argument);
}

function takeFlag(args: string[], flag: string): boolean {
  const at = args.indexOf(flag);
  if (at >= 0) args.splice(at, 1);
  return at >= 0;
}

function takeValue(args: string[], option: string): string | undefined {
  const at = args.indexOf(option);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}

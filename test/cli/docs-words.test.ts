import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { codeSpans, PAGES, readPage } from './page-commands.ts';
import { complaintAboutKey, SECTIONS } from './page-config.ts';
import { COMMANDS, complaintAboutMention, flagsIn, ownFlags, wordsOf } from './page-usage.ts';

const spans = PAGES.flatMap((page) => codeSpans(page));
const firstWords = new Set([...COMMANDS.keys()].map((name) => name.split(' ')[0]));

/** Flags of other people's programs. */
const FOREIGN_FLAGS = ['--serve-artifacts', '--app-name', '--enable-workspaces', '--no-skips'];
/** Names that look like keys of config.yaml: of MLflow's Python package, and of files. */
const NO_KEY = /^mlflow\.(pyfunc|search_runs)|\.(db|py|onnx)$/;

/** What is wrong with spans of code, each with its page; there have to be some that were looked at. */
function complaints(atLeast: number, look: (text: string) => string | undefined | false): string[] {
  let looked = 0;
  const found = spans.flatMap(({ page, text }) => {
    const complaint = look(text);
    if (complaint !== false) looked += 1;
    return complaint ? [`${page}: ${text}: ${complaint}`] : [];
  });
  assert.ok(looked >= atLeast, `only ${looked} were looked at`);
  return found;
}

describe('A sentence of a page', () => {
  it('names commands that there are, with flags that they have', () => {
    const found = complaints(100, (text) => {
      const words = wordsOf(text.replace(/^npx /, ''));
      // "gnu-mlops needs Node 22.18" is what it says, not what is typed.
      if (words[0] === 'gnu-mlops' && words.length > 1 && words[1] !== 'needs')
        return complaintAboutMention(words.slice(1));
      return firstWords.has(words[0]!) && flagsIn(text).length > 0 ? complaintAboutMention(words) : false;
    });
    assert.deepEqual(found, []);
  });

  it('names flags that a command has', () => {
    const known = new Set([...COMMANDS.values()].flatMap(({ options }) => options.map(({ long }) => long!)));
    for (const flag of ['--help', '--version', ...FOREIGN_FLAGS]) known.add(flag);
    const found = complaints(150, (text) => {
      if (!text.startsWith('--')) return false;
      const unknown = flagsIn(text).filter((flag) => !known.has(flag));
      return unknown.length > 0 ? unknown.join(' ') : undefined;
    });
    assert.deepEqual(found, []);
  });

  it('names keys that config.yaml has', () => {
    const found = complaints(50, (text) => {
      const key = /^([a-z_0-9]+(?:\.[a-z_0-9]+)+)(?=$|[:=\s])/.exec(text)?.[1];
      if (!key || NO_KEY.test(key) || !SECTIONS.includes(key.split('.')[0]!)) return false;
      return complaintAboutKey(key);
    });
    assert.deepEqual(found, []);
  });

  it('names scripts of package.json', () => {
    const { scripts } = JSON.parse(readPage('package.json')) as { scripts: Record<string, string> };
    const found = complaints(15, (text) => {
      const named = [...text.matchAll(/\bnpm (?:run ([\w:]+)|(test|start))/g)].map(([, script, own]) => script ?? own!);
      if (named.length === 0) return false;
      return named.find((name) => !scripts[name]);
    });
    assert.deepEqual(found, []);
  });

  it('names files and folders of this repository that are there', () => {
    const rooms = ['src', 'test', 'scripts', 'webview-ui', 'bin', 'bench', 'schemas', 'examples'];
    const files = rooms.flatMap((room) => {
      const inside = readdirSync(path.join(projectRoot, room), { recursive: true });
      return [`/${room}`, ...inside.map((name) => `/${room}/${name}`)];
    });
    const found = complaints(60, (text) => {
      const isOurs =
        rooms.some((room) => text.startsWith(`${room}/`)) || /^[\w-]+(\/[\w-]+)*\/?[\w.-]+\.ts$/.test(text);
      // Scripts in Python are those of the repository that somebody comes from.
      if (!isOurs || /[*<{\s]|\.py$/.test(text)) return false;
      const name = `/${text.replace(/\/$/, '')}`;
      return files.some((file) => file.endsWith(name)) ? undefined : 'there is no such file';
    });
    assert.deepEqual(found, []);
  });

  it('of the tour names functions that the code has', () => {
    const sources = readdirSync(path.join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(path.join(projectRoot, 'src', name), 'utf8'))
      .join('\n');
    const named = codeSpans('docs/tour.md').flatMap(
      ({ text }) => /^(?:\w+\.)?([a-z]+[A-Z]\w*)(?:\(\))?$/.exec(text)?.[1] ?? [],
    );
    assert.ok(named.length > 15);
    assert.deepEqual(
      named.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources)),
      [],
    );
  });
});

describe('The quick reference', () => {
  const commands = /## Commands\n(.*?)\n## /s.exec(readPage('docs/quick-reference.md'))![1]!.replaceAll('\\|', '/');
  const rows = [...commands.matchAll(/^\| (`[a-z].*?`) \| .* \| (.*)\|$/gm)];
  const table = new Map<string, string>();
  for (const [, names, flags] of rows) {
    for (const [, usage] of names!.matchAll(/`([^`]+)`/g)) table.set(usage!, flags!);
  }
  const nameIn = (usage: string) => /^[a-z-]+(?: [a-z]+)?/.exec(usage)![0];
  const usages = [...table.keys()].filter((usage) => COMMANDS.has(nameIn(usage)));

  it('has a row for every command', () => {
    assert.deepEqual(usages.map(nameIn).sort(), [...COMMANDS.keys()].sort());
  });

  it('shows the arguments that each command takes', () => {
    for (const usage of usages) {
      const shown = usage.slice(nameIn(usage).length).trim();
      const taken = COMMANDS.get(nameIn(usage))!.registeredArguments.map(({ required, variadic }) => {
        const shape = `${required ? '' : '['}X${required ? '' : ']'}`;
        return variadic ? `${shape}...` : shape;
      });
      const shapes = shown.replaceAll(/[A-Z]+(?:\/-)?/g, 'X');
      // Of a list the first is shown, too, when two are needed.
      assert.equal(shapes.replace('X X...', 'X...'), taken.join(' '), usage);
    }
  });

  it('shows the flags of each command, all of them and no other', () => {
    for (const usage of usages) {
      const own = ownFlags(COMMANDS.get(nameIn(usage))!);
      assert.deepEqual(flagsIn(table.get(usage)!).sort(), own.sort(), usage);
    }
  });
});

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'dotenv';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';

const PLAIN = /^[\w./:@+=-]+$/;

/**
 * Sets variables in a dotenv file and keeps all other lines; makes it when missing, readable by its owner only.
 * @param gone variables whose lines are removed
 * @throws EngineError `usage` for a value that no dotenv file can hold
 */
export function writeEnvFile(file: string, values: Record<string, string>, gone: string[] = []): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const kept = before.split('\n').filter((line) => !(nameOf(line) in values || gone.includes(nameOf(line))));
  while (kept.at(-1)?.trim() === '') kept.pop();
  const added = Object.entries(values).map(([name, value]) => `${name}=${quoted(name, value)}`);
  writeFileWhole(file, `${[...kept, ...added].join('\n')}\n`, { mode: 0o600 });
}

function nameOf(line: string): string {
  return /^\s*(?:export\s+)?([\w.-]+)\s*=/.exec(line)?.[1] ?? '';
}

/** In the first quotes from which dotenv reads the very same value back. */
function quoted(name: string, value: string): string {
  const forms = [...(PLAIN.test(value) ? [value] : []), `'${value}'`, `"${value}"`, `\`${value}\``];
  const form = forms.find((text) => parse(`${name}=${text}`)[name] === value);
  if (form !== undefined) return form;
  throw new EngineError('usage', `The value for ${name} cannot be written into a dotenv file.`, {
    fix: 'Set it in the environment, or choose a secret without all three kinds of quotes.',
  });
}

/** config.yaml with `env_file` set; everything else stays as it is. */
export function withEnvFile(text: string, name: string): string {
  const line = `env_file: ${name}`;
  if (/^env_file\s*:/m.test(text))
    return text.replace(/^env_file\s*:[^\n#]*/m, (found) => line + (/\s+$/.exec(found)?.[0] ?? ''));
  const body = text.search(/^(?![#\s]|---|%)/m);
  return body < 0 ? `${text}${line}\n` : `${text.slice(0, body)}${line}\n${text.slice(body)}`;
}

/** Adds the file to .gitignore beside it, where that does not name it. */
export function ignoreFile(file: string): void {
  const gitignore = path.join(path.dirname(file), '.gitignore');
  const before = existsSync(gitignore) ? readFileSync(gitignore, 'utf8') : '';
  const name = path.basename(file);
  if (before.split('\n').some((line) => line.trim() === name || line.trim() === `/${name}`)) return;
  writeFileWhole(gitignore, `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${name}\n`);
}

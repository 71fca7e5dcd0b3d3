import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Candidate } from './input-scan.ts';
import type { Manifest } from './results.ts';

/** Which inputs have an output already, by name, size and time: for inputs that stay where they are. */
export function knownManifests(outputFolder: string): (candidate: Candidate) => boolean {
  const names = existsSync(outputFolder) ? readdirSync(outputFolder) : [];
  const identities = names
    .filter((name) => name.endsWith('.manifest.json'))
    .map((name) => (JSON.parse(readFileSync(path.join(outputFolder, name), 'utf8')) as Manifest).input)
    .map(({ name, size, mtime_ms }) => key(name, size, mtime_ms));
  const known = new Set(identities);
  return ({ file, size, mtimeMs }) => known.has(key(path.basename(file), size, mtimeMs));
}

function key(name: string, size: number, mtimeMs: number): string {
  return JSON.stringify([name, size, mtimeMs]);
}

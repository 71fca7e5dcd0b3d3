// A `crontab` that keeps a file in the home folder, so that tests install schedules without touching the machine's.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const CRONTAB = `#!/bin/sh
file="$HOME/crontab"
if [ "$1" = -l ]; then
  if [ ! -f "$file" ]; then echo "no crontab for tester" >&2; exit 1; fi
  exec cat "$file"
fi
cat >"$file"
`;

/**
 * Puts that program into a home folder.
 * @returns the environment in which it is found; what it holds is in the file `crontab` of that folder
 */
export function ownCrontab(home: string): { HOME: string; PATH: string } {
  const bin = path.join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'crontab'), CRONTAB);
  chmodSync(path.join(bin, 'crontab'), 0o755);
  return { HOME: home, PATH: `${bin}${path.delimiter}${process.env.PATH}` };
}

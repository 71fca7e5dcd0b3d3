// What targets of schedules are tried on.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { programRunner, type RunProgram } from '../../../src/engine/scheduling/targets/program.ts';
import type { TargetContext } from '../../../src/engine/scheduling/targets/target.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

export const PROJECT = '8a7d5c1e-0000-4000-8000-123456789abc';
export const OTHER = '11111111-0000-4000-8000-123456789abc';

/** `crontab` over a file, as Debian's behaves: `-l` fails without one, `-` takes only whole lines. */
const FAKE_CRONTAB = `#!/bin/sh
file="$HOME/crontab"
if [ "$1" = -l ]; then
  if [ ! -f "$file" ]; then echo "no crontab for tester" >&2; exit 1; fi
  exec cat "$file"
fi
cat >"$file.new"
if [ -n "$(tail -c 1 "$file.new")" ]; then echo "missing newline before EOF, can't install." >&2; exit 1; fi
mv "$file.new" "$file"
`;

/** A machine of its own: a home, a project in a git repository, and stand-ins for the programs of the system. */
export function machine(): { context: TargetContext; home: string; calls: string[][]; remove: () => void } {
  const { folder: home, remove } = temporaryFolder();
  const project = path.join(home, 'my project');
  const bin = path.join(home, 'bin');
  for (const folder of [project, path.join(home, '.git')]) mkdirSync(folder);
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'crontab'), FAKE_CRONTAB);
  chmodSync(path.join(bin, 'crontab'), 0o755);
  const calls: string[][] = [];
  const env = { HOME: home, PATH: `${bin}:${process.env.PATH}` };
  const real = programRunner(env);
  const tasks = new Set<string>();
  const run: RunProgram = (command, args, input) => {
    if (command === 'crontab') return real(command, args, input);
    calls.push([command, ...args]);
    const task = args[args.indexOf('/TN') + 1]!;
    if (args[0] === '/Create') tasks.add(task);
    if (args[0] === '/Delete') tasks.delete(task);
    const code = args[0] === '/Query' && !tasks.has(task) ? 1 : 0;
    return { code, stdout: Buffer.alloc(0), stderr: '', isMissing: false };
  };
  const context: TargetContext = {
    projectId: PROJECT,
    configFile: path.join(project, 'config.yaml'),
    launcher: path.join(home, '.local/share/gnu-mlops/bin/gnu-mlops'),
    env,
    clock: () => new Date('2026-06-01T00:00Z'),
    run,
  };
  return { context, home, calls, remove };
}

/** A Windows machine, of which nothing is needed but its paths. */
export function machineFacts(): TargetContext {
  return {
    projectId: PROJECT,
    configFile: 'C:\\churn model\\config.yaml',
    launcher: '',
    env: {},
    clock: () => new Date('2026-06-01T00:00Z'),
    run: () => ({ code: 0, stdout: Buffer.alloc(0), stderr: '', isMissing: false }),
  };
}

// A machine of its own for schedules: a home folder, and a `crontab` that keeps a file there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ownCrontab } from '../harness/own-crontab.ts';
import { type CommandResult, exampleProject, gnuMlops } from './command.ts';

export interface Machine {
  home: string;
  /** The breast cancer example, with a training of a moment. */
  folder: string;
  configFile: string;
  launcher: string;
  env: Record<string, string>;
  run(...args: string[]): Promise<CommandResult>;
  crontab(): string;
  setCrontab(text: string): void;
  remove(): void;
}

export function machine(): Machine {
  const project = exampleProject();
  const home = path.join(path.dirname(project.folder), 'home');
  const env = ownCrontab(home);
  const file = path.join(home, 'crontab');
  return {
    home,
    folder: project.folder,
    configFile: path.join(project.folder, 'config.yaml'),
    launcher: path.join(home, '.local/share/gnu-mlops/bin/gnu-mlops'),
    env,
    run: (...args) => gnuMlops(args, { cwd: project.folder, env }),
    crontab: () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    setCrontab: (text) => writeFileSync(file, text),
    remove: project.remove,
  };
}

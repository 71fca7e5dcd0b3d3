// `npm start`: the main job on the breast cancer example (or on a copy of it, `node scripts/start.ts FOLDER`), with the command
// as `npm ci` leaves it. It may be repeated.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { styleText } from 'node:util';
import { projectRoot } from './cache.ts';

const program = path.join(projectRoot, 'bin/gnu-mlops.js');
const folder = path.resolve(process.argv[2] ?? path.join(projectRoot, 'examples/breast-cancer'));

const steps = [
  ['validate'],
  ['train'],
  ['deploy', '--stage', 'staging', '--notes', 'npm start'],
  ['deploy', '--stage', 'production', '--notes', 'npm start'],
  ['predict', 'data/new_rows.csv'],
  ['info'],
];

for (const step of steps) {
  console.log(`\n${styleText('bold', `$ gnu-mlops ${step.map(shown).join(' ')}`)}\n`);
  const child = spawn(process.execPath, [program, ...step], { cwd: folder, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exit(code ?? 1);
}

const here = path.relative('', folder);
console.log(`
The store is ${path.join(here, 'mlflow.db')}: a plain MLflow store, which "mlflow ui" opens too.
Look at the runs and the registry in VS Code:     npm run code
Go on from the command line:                      cd ${here} && npx gnu-mlops info --history`);

function shown(word: string): string {
  return word.includes(' ') ? `"${word}"` : word;
}

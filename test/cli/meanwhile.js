// Preloaded into a batch (`node --import`): when the output of an input begins, somebody else changes that input, which
// GNU_MLOPS_MEANWHILE names, by the program behind it. Plain JavaScript, because it must load before anything else.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const [file, ...command] = JSON.parse(process.env.GNU_MLOPS_MEANWHILE);
const begins = `.${path.parse(file).name}__`;
const { openSync } = fs;
fs.openSync = (name, ...rest) => {
  if (path.basename(String(name)).startsWith(begins)) execFileSync('sh', ['-c', command.join(' '), 'sh', file]);
  return openSync(name, ...rest);
};
syncBuiltinESMExports();

// Preloaded into a command (`node --import`): kills the process right before its nth change to the file system or statement
// to a database, which GNU_MLOPS_KILL_AT names. Plain JavaScript, because it must load before anything else.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync, StatementSync } from 'node:sqlite';

const killAt = Number(process.env.GNU_MLOPS_KILL_AT);
let step = 0;

function counted(original) {
  return function (...args) {
    step++;
    if (step === killAt) process.kill(process.pid, 'SIGKILL');
    return original.apply(this, args);
  };
}

const changes = [
  'renameSync',
  'rmSync',
  'unlinkSync',
  'fsyncSync',
  'writeSync',
  'writeFileSync',
  'mkdirSync',
  'copyFileSync',
];
for (const name of changes) fs[name] = counted(fs[name]);
// Those that are waited for are called with a function to call back, which `counted` hands on.
for (const name of ['fsync', 'writeFile']) fs[name] = counted(fs[name]);
const { openSync } = fs;
const openToWrite = counted(openSync);
fs.openSync = (file, flags, mode) => (/[wa]/.test(String(flags)) ? openToWrite : openSync)(file, flags, mode);
for (const name of ['rename', 'writeFile', 'open', 'rm']) fs.promises[name] = counted(fs.promises[name]);
DatabaseSync.prototype.exec = counted(DatabaseSync.prototype.exec);
StatementSync.prototype.run = counted(StatementSync.prototype.run);
syncBuiltinESMExports();

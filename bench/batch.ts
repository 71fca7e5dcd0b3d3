// The nightly batch next to the script that a Python shop has: whole processes, files in and files out.
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../scripts/cache.ts';
import { runChecked } from '../scripts/subprocess.ts';
import { type Comparison, median, PAIRS, type Side, type Workshop } from './measurement.ts';

export interface BatchScenario {
  name: string;
  files: number;
  rowsPerFile: number;
  /** Least that we must be faster, and most memory in megabytes; null for no bound. */
  bound: { speedUp: number; megabytes: number | null };
}

export const BATCHES: readonly BatchScenario[] = [
  { name: 'batch, 1 file of 1,000,000 rows', files: 1, rowsPerFile: 1_000_000, bound: { speedUp: 4, megabytes: 300 } },
  { name: 'batch, 1,000 files of 100 rows', files: 1000, rowsPerFile: 100, bound: { speedUp: 10, megabytes: null } },
];

const CONFIG = `
training: { cv_folds: 0 }
model: { hyperparameters: { n_estimators: 100, max_depth: 10 } }
deployment: { gates: { staging: { accuracy: 0 }, production: { accuracy: 0 } } }
batch_inference: { settle_seconds: 0 }
`;

/** Trains both sides on the same 100,000 x 20 rows, then scores the same files in turns. */
export async function compareBatch(scenario: BatchScenario, { folder, python }: Workshop): Promise<Comparison> {
  const project = path.join(folder, `batch-${scenario.files}`);
  const shop: Shop = { project, python, inputs: path.join(project, 'inputs') };
  await prepare(shop, scenario);
  const measured: { seconds: number; peakMegabytes: number }[][] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    measured[0]!.push(await scoreOurs(shop));
    measured[1]!.push(await scoreTheirs(shop));
  }
  const sides = measured.map((times, i) => ({
    label: i === 0 ? 'gnu-mlops batch' : 'pandas + scikit-learn',
    seconds: median(times.map(({ seconds }) => seconds)),
    auc: null,
    peakMegabytes: median(times.map(({ peakMegabytes }) => peakMegabytes)),
  }));
  const [ours, peer] = sides as [Side, Side];
  const ratio = median(measured[0]!.map(({ seconds }, pair) => seconds / measured[1]![pair]!.seconds));
  const data = `${scenario.files} x ${scenario.rowsPerFile} x 20`;
  return {
    name: scenario.name,
    data,
    ours,
    peer,
    ratio,
    largestDifference: null,
    missed: missed(scenario, ratio, ours),
  };
}

function missed({ bound }: BatchScenario, ratio: number, ours: Side): string[] {
  const found: string[] = [];
  if (!(1 / ratio >= bound.speedUp))
    found.push(`is ${(1 / ratio).toFixed(1)} times as fast, less than ${bound.speedUp}`);
  if (bound.megabytes !== null && !(ours.peakMegabytes! <= bound.megabytes)) {
    found.push(`holds ${ours.peakMegabytes!.toFixed()} MB, more than ${bound.megabytes}`);
  }
  return found;
}

interface Shop {
  project: string;
  python: string;
  /** Where the files wait; each run gets a copy. */
  inputs: string;
}

async function prepare({ project, python, inputs }: Shop, { files, rowsPerFile }: BatchScenario): Promise<void> {
  mkdirSync(inputs, { recursive: true });
  writeFileSync(path.join(project, 'config.yaml'), CONFIG);
  const rows = String(files * rowsPerFile);
  await gnuMlops(project, 'dataset', '--rows', '100000', '--features', '20');
  await gnuMlops(project, 'dataset', '--rows', rows, '--test-rows', '1', '--features', '20', '--output', 'generated');
  for (const args of [['train'], ['deploy', '--stage', 'staging'], ['deploy', '--stage', 'production']]) {
    await gnuMlops(project, ...args);
  }
  const [header, ...lines] = readFileSync(path.join(project, 'generated/train.csv'), 'utf8').trimEnd().split('\n');
  for (let file = 0; file < files; file++) {
    const part = lines.slice(file * rowsPerFile, (file + 1) * rowsPerFile);
    writeFileSync(path.join(inputs, `input-${String(file).padStart(4, '0')}.csv`), `${[header, ...part].join('\n')}\n`);
  }
  rmSync(path.join(project, 'generated'), { recursive: true });
  await runChecked(python, [peerScript, 'fit', project]);
}

const peerScript = path.join(import.meta.dirname, 'peer_batch.py');
const program = path.join(projectRoot, 'bin/gnu-mlops.js');
const preload = pathToFileURL(path.join(import.meta.dirname, 'report-memory.js')).href;

function gnuMlops(project: string, ...args: string[]): Promise<string> {
  return runChecked(process.execPath, [program, ...args], { cwd: project });
}

async function scoreOurs({ project, inputs }: Shop): Promise<{ seconds: number; peakMegabytes: number }> {
  const memoryFile = path.join(project, 'memory.txt');
  cpSync(inputs, path.join(project, 'data/batch_input'), { recursive: true });
  const env = { ...process.env, BENCH_MEMORY_FILE: memoryFile };
  const start = performance.now();
  await runChecked(process.execPath, ['--import', preload, program, 'batch', '--quiet'], { cwd: project, env });
  const seconds = (performance.now() - start) / 1000;
  for (const name of ['batch_output', 'batch_archive', 'prediction_log']) putAside(path.join(project, 'data', name));
  return { seconds, peakMegabytes: Number(readFileSync(memoryFile, 'utf8')) };
}

/**
 * Deletes nothing between two measurements: for five minutes ext4 looks at every file that was just deleted when it makes a new one
 * (recently_deleted in Linux' fs/ext4/ialloc.c), which takes longer than all the work.
 */
function putAside(folder: string): void {
  renameSync(folder, `${folder}-${randomUUID()}`);
}

/** Start and imports are not counted against the script: it might be a service. */
async function scoreTheirs({ project, python, inputs }: Shop): Promise<{ seconds: number; peakMegabytes: number }> {
  const out = path.join(project, 'peer_output');
  const answer = await runChecked(python, [peerScript, 'score', project, inputs, out]);
  putAside(out);
  return JSON.parse(answer) as { seconds: number; peakMegabytes: number };
}

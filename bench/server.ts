// The same server asked by us and by Python's MlflowClient: one process per side, the work alone is timed.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startMlflowServer } from '../test/harness/mlflow-server.ts';
import { makeBigStore } from './big-store.ts';
import { type Comparison, median, PAIRS, type Side, type Workshop } from './measurement.ts';
import { MeasuredProcess } from './process.ts';

export interface ServerScenario {
  name: string;
  data: string;
  /** Command of ours-server.ts and peer_server.py. */
  command: 'upload' | 'log_batch' | 'search' | 'tree';
  /** Size of the file that is uploaded, bytes. */
  bytes?: number;
  /** How many metrics are logged. */
  metrics?: number;
  /** How many runs the server's store holds. */
  runs?: number;
}

const MEGABYTE = 1_000_000;

export const SERVER: readonly ServerScenario[] = [
  { name: 'artifact upload to a server', data: '200 MB', command: 'upload', bytes: 200 * MEGABYTE },
  { name: 'log-batch to a server', data: '10,000 metrics', command: 'log_batch', metrics: 10_000 },
  { name: 'run search on a server', data: '10,000 runs', command: 'search', runs: 10_000 },
  { name: 'tree of runs on a server, from a closed project', data: '10,000 runs', command: 'tree', runs: 10_000 },
];

/** Each side works in runs of its own, in turns, against one newest MLflow server. */
export async function compareServer(scenario: ServerScenario, { folder, python }: Workshop): Promise<Comparison> {
  const { name, data, command, bytes = 0, metrics = 0, runs = 0 } = scenario;
  const own = mkdtempSync(path.join(folder, 'server-'));
  const file = path.join(own, 'artifact.bin');
  writeFileSync(file, randomBytes(bytes));
  const database = path.join(own, 'mlflow.db');
  if (runs > 0) await makeBigStore(database, runs, true);
  const server = await startMlflowServer({ python: 'mlflow3', backendStore: `sqlite:///${database}` });
  const configFile = path.join(own, 'config.yaml');
  writeFileSync(configFile, `mlflow: { tracking_uri: "${server.uri}", experiment_name: big }\n`);
  const processes = [
    new MeasuredProcess(process.execPath, [path.join(import.meta.dirname, 'ours-server.ts'), server.uri]),
    new MeasuredProcess(python, [path.join(import.meta.dirname, 'peer_server.py'), server.uri]),
  ];
  try {
    const seconds: number[][] = [[], []];
    for (let pair = 0; pair < PAIRS; pair++) {
      for (const [side, each] of processes.entries())
        seconds[side]!.push(await each.seconds(command, { file, metrics, configFile }));
    }
    const sides: Side[] = [];
    for (const [side, each] of processes.entries()) {
      const label = side === 0 ? 'gnu-mlops' : 'Python MlflowClient';
      sides.push({ label, seconds: median(seconds[side]!), auc: null, peakMegabytes: await each.peakMegabytes() });
    }
    const [ours, peer] = sides as [Side, Side];
    const ratio = median(seconds[0]!.map((time, pair) => time / seconds[1]![pair]!));
    return { name, data, ours, peer, ratio, largestDifference: null, missed: [] };
  } finally {
    await Promise.all(processes.map((each) => each.close()));
    await server.stop();
  }
}

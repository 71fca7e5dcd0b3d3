// Our side of the benchmarks against a server: one JSON message per line in and out, as peer_server.py.
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openTrackingStore } from '../src/engine/tracking/open-store.ts';
import { SEARCH } from './big-store.ts';
import { openTree } from './tree.ts';

interface Message {
  command: 'upload' | 'log_batch' | 'search' | 'tree' | 'memory';
  file: string;
  metrics: number;
  /** config.yaml of a project on the server. */
  configFile: string;
}

const store = await openTrackingStore({ uri: process.argv[2]!, baseDir: tmpdir() });
const { experimentId } = await store.ensureExperiment('bench');

async function newRun() {
  return store.createRun({ experimentId, name: 'ours', userId: 'bench', startTime: Date.now() });
}

const commands: Record<Message['command'], (message: Message) => Promise<unknown>> = {
  upload: async ({ file }) => {
    const repository = store.artifacts.repository((await newRun()).artifactUri);
    return timed(() => repository.put(path.basename(file), file));
  },
  log_batch: async ({ metrics }) => {
    const { runId } = await newRun();
    const values = Array.from({ length: metrics }, (_, step) => ({
      key: 'loss',
      value: 1 / (step + 1),
      timestamp: 1,
      step,
    }));
    return timed(() => store.logBatch(runId, { metrics: values }));
  },
  search: async () => {
    const big = await store.findExperiment('big');
    return timed(() => store.searchRuns({ experimentIds: [big!.experimentId], ...SEARCH }));
  },
  tree: ({ configFile }) => timed(() => openTree(configFile)),
  memory: async () => ({ peakMegabytes: process.resourceUsage().maxRSS / 1024 }),
};

async function timed(work: () => Promise<unknown>): Promise<{ seconds: number }> {
  const start = performance.now();
  await work();
  return { seconds: (performance.now() - start) / 1000 };
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as Message;
  console.log(JSON.stringify(await commands[message.command](message)));
}

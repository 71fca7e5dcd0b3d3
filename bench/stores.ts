// Big stores: what the editor and the command line ask of a SQLite file, next to MLflow's own server on the very same file.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openSqliteStore } from '../src/engine/tracking/sqlite/store.ts';
import { type MlflowServer, startMlflowServer } from '../test/harness/mlflow-server.ts';
import { makeBigStore, SEARCH } from './big-store.ts';
import { type Comparison, median, PAIRS, type Side, type Workshop } from './measurement.ts';
import { openTree, PAGE_RUNS } from './tree.ts';

export interface StoreScenario {
  name: string;
  runs: number;
  what: 'search' | 'tree';
  /** Whether the file has SQLite's statistics; MLflow never makes them. */
  analyzed: boolean;
  /** Least that we must be faster than the server; most time for a tree, ms. */
  bound: { speedUp?: number; milliseconds?: number };
}

export const STORES: readonly StoreScenario[] = [
  {
    name: 'run search, file as MLflow writes it',
    runs: 100_000,
    what: 'search',
    analyzed: false,
    bound: { speedUp: 20 },
  },
  { name: 'run search, after ANALYZE', runs: 100_000, what: 'search', analyzed: true, bound: {} },
  {
    name: 'tree of runs, from a closed project',
    runs: 10_000,
    what: 'tree',
    analyzed: true,
    bound: { milliseconds: 150 },
  },
];

const PAGE = { filter: '', orderBy: ['attributes.start_time DESC'], maxResults: PAGE_RUNS };

/** A server that answers later than this counts as if it had answered then. Without statistics one question takes it many minutes. */
const PATIENCE_MS = 60_000;

/** Our side opens the file anew each time; the server is up already, and was asked once before when it answers in time. */
export async function compareStore(scenario: StoreScenario, { folder }: Workshop): Promise<Comparison> {
  const project = path.join(folder, `store-${scenario.runs}-${scenario.analyzed}`);
  mkdirSync(project);
  const file = path.join(project, 'mlflow.db');
  writeFileSync(path.join(project, 'config.yaml'), 'mlflow: { experiment_name: big }\n');
  const experimentId = await makeBigStore(file, scenario.runs, scenario.analyzed);
  const server = await startMlflowServer({ python: 'mlflow3', backendStore: `sqlite:///${file}` });
  const isSearch = scenario.what === 'search';
  const ours = () => (isSearch ? searchOurs(file, experimentId) : openTree(path.join(project, 'config.yaml')));
  const theirs = () => searchTheirs(server, experimentId, isSearch ? SEARCH : PAGE);
  try {
    const answer = scenario.analyzed ? await theirs() : null;
    if (answer !== null && (await ours()) !== answer)
      throw new Error(`${scenario.name}: the two sides find different runs.`);
    const seconds: number[][] = [[], []];
    // What the server did not finish would go on beside the next pair.
    for (let pair = 0; pair < (scenario.analyzed ? PAIRS : 1); pair++) {
      for (const [side, ask] of [ours, theirs].entries()) seconds[side]!.push(await timed(ask));
    }
    return comparison(scenario, seconds);
  } finally {
    await server.stop();
  }
}

function comparison({ name, runs, bound }: StoreScenario, seconds: number[][]): Comparison {
  const side = (label: string, times: number[]): Side => ({
    label,
    seconds: median(times),
    auc: null,
    peakMegabytes: null,
  });
  const [ours, peer] = [side('gnu-mlops', seconds[0]!), side('mlflow server', seconds[1]!)];
  const ratio = median(seconds[0]!.map((time, pair) => time / seconds[1]![pair]!));
  const missed: string[] = [];
  if (bound.speedUp !== undefined && !(1 / ratio >= bound.speedUp)) {
    missed.push(`is ${(1 / ratio).toFixed(1)} times as fast, less than ${bound.speedUp}`);
  }
  if (bound.milliseconds !== undefined && !(ours.seconds * 1000 < bound.milliseconds)) {
    missed.push(`takes ${(ours.seconds * 1000).toFixed()} ms, not less than ${bound.milliseconds}`);
  }
  return { name, data: `${runs} runs`, ours, peer, ratio, largestDifference: null, missed };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Ids of the runs found, as a text, so that both sides can be compared. */
async function searchOurs(file: string, experimentId: string): Promise<string> {
  const store = await openSqliteStore({ path: file, readOnly: true });
  try {
    const { runs } = await store.searchRuns({ experimentIds: [experimentId], ...SEARCH });
    return runs.map(({ runId }) => runId).join();
  } finally {
    await store.close();
  }
}

async function searchTheirs(
  { uri }: MlflowServer,
  experimentId: string,
  search: typeof SEARCH,
): Promise<string | null> {
  const { filter, orderBy, maxResults } = search;
  const body = { experiment_ids: [experimentId], filter, order_by: orderBy, max_results: maxResults };
  const answer = await fetch(`${uri}/api/2.0/mlflow/runs/search`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => null);
  if (answer === null) return null;
  const { runs = [] } = (await answer.json()) as { runs?: { info: { run_id: string } }[] };
  return runs.map(({ info }) => info.run_id).join();
}

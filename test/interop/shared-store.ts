import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { uniform } from '../../src/engine/data/random.ts';
import { planPromotion } from '../../src/engine/registry/plan.ts';
import { applyPlan } from '../../src/engine/registry/promotion.ts';
import { loadRegistryState } from '../../src/engine/registry/state.ts';
import type { Metric, NewRun, TrackingStore } from '../../src/engine/tracking/store.ts';
import { rejects } from '../engine/tracking/store-contract.ts';
import { type PythonEnvironment, runPython } from '../harness/python.ts';
import { inPythonWords } from './python-words.ts';

export const MODEL = 'shared_model';
const EXPERIMENT = 'trials';
const EVENTS = `${EXPERIMENT}_events`;
const client = path.join(import.meta.dirname, 'store-client.py');

/** Filters and orders that both sides must answer alike; `newer` where 2.22 refuses or answers wrongly. */
const SEARCHES: { filter: string; orderBy?: string[]; newer?: true }[] = [
  { filter: '' },
  { filter: '', orderBy: ['metrics.acc DESC'] },
  { filter: '', orderBy: ['metrics.acc ASC'] },
  { filter: '', orderBy: ['metrics.acc'] },
  { filter: '', orderBy: ['params.depth DESC', 'metrics.acc'] },
  { filter: '', orderBy: ['tags.team', 'start_time ASC'] },
  { filter: '', orderBy: ['attributes.start_time DESC'] },
  { filter: '', orderBy: ['attributes.end_time'] },
  { filter: '', orderBy: ['attributes.status', 'attributes.run_name DESC'] },
  { filter: '', orderBy: ['tags.`odd key` DESC'] },
  { filter: '', orderBy: ['metrics.`cv mean` DESC', 'attributes.run_id'] },
  { filter: 'metrics.acc > 0.5' },
  { filter: 'metrics.acc >= 0.5 and metrics.acc < 0.8', orderBy: ['metrics.acc'] },
  { filter: 'metrics.acc != 0.25', newer: true },
  { filter: 'metrics.acc <= 0', newer: true },
  { filter: 'metrics.acc = 0.25' },
  { filter: 'metrics.loss > 1e300' },
  { filter: 'metrics.`cv mean` > -1.5' },
  { filter: 'metrics."cv mean" < 0.1' },
  { filter: "params.depth = '3'" },
  { filter: 'params.depth = "3"' },
  { filter: "params.depth != '3'" },
  { filter: "params.kind LIKE '%Forest'" },
  { filter: "params.kind LIKE '%forest'" },
  { filter: "params.kind ILIKE 'RANDOM%'" },
  { filter: 'params.kind IS NULL', newer: true },
  { filter: 'tags.team IS NOT NULL and params.kind IS NULL', newer: true },
  { filter: "tags.team = 'ops'" },
  { filter: "tags.`odd key` = 'a b'" },
  { filter: "tags.mlflow.source.name LIKE '/srv/%'" },
  { filter: 'tags.team = "it\'s"' },
  { filter: "attributes.status = 'FAILED'" },
  { filter: "status != 'FINISHED' and tags.team = 'ops'" },
  { filter: "attributes.run_name LIKE 'run 1%'" },
  { filter: "run_name = 'run 7'" },
  { filter: "attributes.`Run name` != 'run 7'" },
  { filter: "user_id = 'bob'" },
  { filter: 'attributes.start_time >= 1010 and start_time < 1020' },
  { filter: 'created > 1030' },
  { filter: 'end_time > 0' },
  { filter: "attributes.artifact_uri LIKE '%artifacts'", orderBy: ['params.depth'] },
  { filter: "dataset.name = 'train.csv'" },
  { filter: "datasets.digest IN ('d1', 'd2')" },
  { filter: "dataset.context = 'evaluation'" },
  { filter: "metric.acc > 0.2 and param.depth = '5' and tag.team != 'x'", orderBy: ['metric.acc DESC'] },
  { filter: "parameters.depth = '3' AND attribute.status = 'FINISHED'" },
];

/** Values that a store cannot keep as they are, or that sort in a way of their own. */
const ODD_VALUES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.25, 0];

/** Forty runs of every kind: NaN, infinities, ties, gaps, odd names, histories, datasets; two are registered. */
export async function fill(store: TrackingStore): Promise<string> {
  const { experimentId } = await store.ensureExperiment(EXPERIMENT);
  const random = uniform(7);
  for (let index = 0; index < 40; index++) {
    const made = { ...sampleRun(index, random), experimentId };
    const run = await store.createRun(made);
    if (index % 4 === 3) continue;
    const register = {
      name: MODEL,
      source: `runs:/${run.runId}/model`,
      runId: run.runId,
      userId: 'alice',
      tags: { a: 'b' },
    };
    const status = index % 4 === 2 ? ('FAILED' as const) : ('FINISHED' as const);
    await store.finishRun(run.runId, { status, endTime: made.startTime + 50, ...(index < 2 ? { register } : {}) });
  }
  return experimentId;
}

function sampleRun(index: number, random: () => number): Omit<NewRun, 'experimentId'> {
  const startTime = 1000 + Math.floor(index / 2) * 2;
  const team = ['ops', 'Ops', "it's"][index % 3]!;
  return {
    name: `run ${index}`,
    userId: index % 3 ? 'alice' : 'bob',
    startTime,
    params: {
      depth: String([3, 5, 10][index % 3]),
      ...when(index % 4 > 0, { kind: index % 2 ? 'RandomForest' : 'boosting' }),
    },
    tags: { team, 'mlflow.source.name': `/srv/${index}`, ...when(index % 5 === 0, { 'odd key': 'a b' }) },
    metrics: sampleMetrics(index, startTime, random),
    inputs: index % 2 ? [dataset(`d${index % 4}`, index % 3 ? 'training' : 'evaluation')] : [],
  };
}

function sampleMetrics(index: number, startTime: number, random: () => number): Metric[] {
  const metric = (key: string, value: number, step = 0): Metric => ({ key, value, step, timestamp: startTime + step });
  const last = ODD_VALUES[index] ?? Math.round(random() * 20) / 20;
  const accuracy = [metric('acc', 0.1, 0), metric('acc', last, 3), metric('acc', 0.2, 1)];
  const infinite = metric('loss', Number.POSITIVE_INFINITY);
  return [metric('cv mean', random() * 4 - 2), ...(index % 7 === 6 ? [] : accuracy), ...(index % 6 ? [] : [infinite])];
}

function when(holds: boolean, entries: Record<string, string>): Record<string, string> {
  return holds ? entries : {};
}

function dataset(digest: string, context: string) {
  return {
    name: 'train.csv',
    digest,
    sourceType: 'local',
    source: '{"uri":"train.csv"}',
    schema: null,
    profile: null,
    context,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: Python's answers have the shape that the test then asserts.
type Answer = any;

/** A store that a colleague in Python uses, too. */
export interface SharedPlace {
  python: PythonEnvironment;
  /** As Python names it. */
  uri: string;
  env?: Record<string, string>;
  folder: string;
}

/** What Python's MlflowClient answers to commands of store-client.py. */
export async function askPython(
  { python, uri, env = {}, folder }: SharedPlace,
  commands: unknown[],
): Promise<Answer[]> {
  const request = path.join(folder, 'commands.json');
  writeFileSync(request, JSON.stringify(commands));
  const { code, stdout, stderr } = await runPython(python, client, [uri, request], { cwd: folder, env });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** Moves a version into a stage, past no gate. */
export async function promote(
  store: TrackingStore,
  stage: 'Staging' | 'GNU_Production',
  version: string,
): Promise<void> {
  const state = await loadRegistryState(store, EVENTS, MODEL);
  await applyPlan(store, planPromotion(state, { stage, version }), { by: 'alice', eventsExperiment: EVENTS });
}

/** Registers the cases of a store and a colleague; the store holds what they need when they begin. */
export function sharesWithPython(open: () => TrackingStore, place: () => SharedPlace): void {
  let store: TrackingStore;
  let experimentId: string;
  const ask = (commands: unknown[]) => askPython(place(), commands);

  before(async () => {
    store = open();
    experimentId = await fill(store);
    await promote(store, 'Staging', '2');
    await promote(store, 'GNU_Production', '1');
  });

  it('that we made is read by Python as we wrote it', async () => {
    const [answer] = await ask([['read', MODEL]]);
    assert.equal(answer.error, undefined);
    assert.ok(EVENTS in answer.experiments);
    const { runs } = await store.searchRuns({ experimentIds: [experimentId] });
    const seen = answer.experiments.trials.runs;
    assert.equal(Object.keys(seen).length, 40);
    for (const run of runs) assert.deepEqual(seen[run.runId], await inPythonWords(store, run), run.name);
    assert.deepEqual(answer.model.aliases, { Staging: '2', GNU_Production: '1' });
    for (const version of await store.listVersions(MODEL)) {
      const { stage, status, run, tags, location } = answer.model.versions[version.version];
      assert.deepEqual([stage, status, run], [version.stageField, 'READY', version.runId]);
      assert.deepEqual(tags, { ...version.tags });
      // A server hands out what was registered, a file what that stands for.
      assert.ok([await store.locate(version), version.source].includes(location), location);
    }
  });

  it('is searched by both sides with the same runs in the same order', async () => {
    const searches = SEARCHES.filter((search) => place().python === 'mlflow3' || !search.newer);
    const answers = await ask(searches.map(({ filter, orderBy }) => ['search', experimentId, filter, orderBy ?? []]));
    for (const [index, { filter, orderBy }] of searches.entries()) {
      const { runs } = await store.searchRuns({ experimentIds: [experimentId], filter, orderBy: orderBy ?? [] });
      const name = `${filter} ORDER BY ${orderBy}`;
      assert.deepEqual(
        answers[index],
        runs.map((run) => run.runId),
        name,
      );
      if (filter !== '')
        assert.ok(runs.length > 0 || /forest'/.test(filter), `${name} finds nothing and proves nothing.`);
    }
  });

  it('shows us what Python writes', async () => {
    const [made] = await ask([['write', experimentId, MODEL]]);
    assert.equal(made.error, undefined);
    const run = await store.getRun(made.run);
    assert.deepEqual([run.name, run.status, run.params.depth, run.tags.from], ['by python', 'FINISHED', '7', 'python']);
    assert.deepEqual({ ...run.metrics }, { score: Number.NaN, big: Number.POSITIVE_INFINITY });
    const history = await store.metricHistory(made.run, ['score']);
    assert.deepEqual(
      history.map(({ step, value }) => [step, value]),
      [
        [0, 0.5],
        [1, 0.75],
        [2, Number.NaN],
      ],
    );
    const version = await store.getVersion(MODEL, made.version);
    assert.deepEqual([version.stageField, version.aliases, version.tags.quality], ['Staging', ['champion'], 'good']);
    const numbers = (await store.listVersions(MODEL)).map((known) => known.version);
    assert.ok(!numbers.includes(made.deleted));
  });

  it('no longer shows us what Python deletes', async () => {
    const [made] = await ask([['remove', experimentId, MODEL]]);
    assert.equal(made.error, undefined);
    await rejects(store.getRun(made.run), 'not-found');
    const { runs } = await store.searchRuns({ experimentIds: [experimentId] });
    assert.ok(!runs.some(({ runId }) => runId === made.run));
    assert.equal(await store.findExperiment(made.experiment), null);
    assert.equal(await store.findModel(made.model), null);
    const { aliases } = (await store.findModel(MODEL))!;
    assert.deepEqual(Object.keys(aliases).sort(), ['GNU_Production', 'Staging']);
    assert.ok(!(await store.listVersions(MODEL)).some(({ version }) => version === made.version));
  });
}

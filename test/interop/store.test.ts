import * as assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { uniform } from '../../src/engine/data/random.ts';
import { planPromotion } from '../../src/engine/registry/plan.ts';
import { applyPlan } from '../../src/engine/registry/promotion.ts';
import { loadRegistryState } from '../../src/engine/registry/state.ts';
import { openSqliteStore, type SqliteStore } from '../../src/engine/tracking/sqlite/store.ts';
import type { Metric, NewRun } from '../../src/engine/tracking/store.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { type PythonEnvironment, runPython } from '../harness/python.ts';
import { inPythonWords } from './python-words.ts';

const MODEL = 'model';
const EVENTS = 'trials_events';
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
async function fill(store: SqliteStore): Promise<string> {
  const { experimentId } = await store.ensureExperiment('trials');
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

for (const python of ['mlflow2', 'mlflow3'] as PythonEnvironment[]) {
  describe(`A store shared with Python's ${python}`, function () {
    this.timeout(180_000);
    const { folder, remove } = temporaryFolder();
    let store: SqliteStore;
    let experimentId: string;

    // biome-ignore lint/suspicious/noExplicitAny: Python's answers have the shape that the test then asserts.
    type Answer = any;

    const ask = async (commands: unknown[], file = store.file): Promise<Answer[]> => {
      const request = path.join(folder, 'commands.json');
      writeFileSync(request, JSON.stringify(commands));
      const { code, stdout, stderr } = await runPython(python, client, [`sqlite:///${file}`, request], { cwd: folder });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout.trim().split('\n').at(-1)!);
    };
    const load = () => loadRegistryState(store, EVENTS, MODEL);
    const promote = async (stage: 'Staging' | 'GNU_Production', version: string) =>
      applyPlan(store, planPromotion(await load(), { stage, version }), { by: 'alice', eventsExperiment: EVENTS });

    before(async () => {
      store = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
      experimentId = await fill(store);
      await promote('Staging', '2');
      await promote('GNU_Production', '1');
    });

    after(async () => {
      await store.close();
      remove();
    });

    it('that we made is read by Python as we wrote it', async () => {
      const [answer] = await ask([['read', MODEL]]);
      assert.equal(answer.error, undefined);
      assert.deepEqual(Object.keys(answer.experiments).sort(), ['Default', 'trials', EVENTS]);
      const { runs } = await store.searchRuns({ experimentIds: [experimentId] });
      const seen = answer.experiments.trials.runs;
      assert.equal(Object.keys(seen).length, 40);
      for (const run of runs) assert.deepEqual(seen[run.runId], await inPythonWords(store, run), run.name);
      assert.deepEqual(answer.model.aliases, { Staging: '2', GNU_Production: '1' });
      for (const version of await store.listVersions(MODEL)) {
        const { stage, status, run, tags, location } = answer.model.versions[version.version];
        assert.deepEqual([stage, status, run], [version.stageField, 'READY', version.runId]);
        assert.deepEqual(tags, { ...version.tags });
        assert.equal(location, await store.locate(version));
      }
    });

    it('is searched by both sides with the same runs in the same order', async () => {
      const searches = SEARCHES.filter((search) => python === 'mlflow3' || !search.newer);
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
      assert.deepEqual(
        [run.name, run.status, run.params.depth, run.tags.from],
        ['by python', 'FINISHED', '7', 'python'],
      );
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

    it('is still ours to write after Python migrated it, and needs no copy', async () => {
      const { version } = await store.describe();
      if (python === 'mlflow3') assert.notEqual(version, '0584bdc529eb');
      const run = await store.createRun({ experimentId, name: 'afterwards', userId: 'u', startTime: 9000 });
      const register = { name: MODEL, source: `${run.artifactUri}/model`, runId: run.runId, userId: 'u' };
      const made = await store.finishRun(run.runId, { status: 'FINISHED', endTime: 9001, register });
      assert.equal(made!.version, '5');
      await promote('GNU_Production', '5');
      const [answer] = await ask([['read', MODEL]]);
      assert.equal(answer.model.aliases.GNU_Production, '5');
      assert.equal(answer.model.versions['5'].stage, 'Production');
      assert.equal(answer.model.versions['1'].stage, 'Archived');
      assert.equal(answer.experiments.trials.runs[run.runId].name, 'afterwards');
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes('before-gnu-mlops')),
        [],
      );
    });

    it('that Python made is written by us, and a copy is kept', async () => {
      const place = path.join(folder, 'theirs');
      mkdirSync(place);
      const file = path.join(place, 'mlflow.db');
      await ask([['search', '0', '', []]], file);
      const theirs = await openSqliteStore({ path: file });
      const { experimentId: id } = await theirs.ensureExperiment('ours');
      const run = await theirs.createRun({ experimentId: id, name: 'r', userId: 'u', startTime: 1 });
      const register = {
        name: MODEL,
        source: `${run.artifactUri}/model`,
        runId: run.runId,
        userId: 'u',
        tags: { a: 'b' },
      };
      await theirs.finishRun(run.runId, { status: 'FINISHED', endTime: 2, register });
      const state = await loadRegistryState(theirs, EVENTS, MODEL);
      await applyPlan(theirs, planPromotion(state, { stage: 'Staging' }), { by: 'a', eventsExperiment: EVENTS });
      await theirs.close();
      assert.equal(readdirSync(place).filter((name) => name.includes('before-gnu-mlops')).length, 1);
      const [answer] = await ask([['read', MODEL]], file);
      assert.deepEqual(answer.model.aliases, { Staging: '1' });
      const database = new DatabaseSync(file, { readOnly: true });
      assert.deepEqual(database.prepare('PRAGMA foreign_key_check').all(), []);
      database.close();
    });

    it('takes our writes while Python migrates it', async () => {
      const place = path.join(folder, 'busy');
      mkdirSync(place);
      const busy = await openSqliteStore({ path: 'mlflow.db', baseDir: place });
      const id = await fill(busy);
      let isDone = false;
      const answer = ask([['read', MODEL]], busy.file).finally(() => {
        isDone = true;
      });
      const written: string[] = [];
      while (!isDone) {
        const run = await busy.createRun({
          experimentId: id,
          name: 'meanwhile',
          userId: 'u',
          startTime: 5000,
          tags: { a: 'b' },
        });
        written.push(run.runId);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assert.equal((await answer)[0].error, undefined);
      for (const runId of written) assert.equal((await busy.getRun(runId)).tags.a, 'b');
      assert.ok(written.length > 10);
      await busy.close();
    });
  });
}

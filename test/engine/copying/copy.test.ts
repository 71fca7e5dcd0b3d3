import * as assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type CopyOptions, copy } from '../../../src/engine/index.ts';
import { openSqliteStore, type SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import type { Run } from '../../../src/engine/tracking/store.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { contentsOf } from './store-contents.ts';

/** Stores with what happens in long lives: deleted versions, runs that go on, very long histories. */
describe('A copy', () => {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  let source: SqliteStore;
  let experimentId: string;
  after(remove);

  beforeEach(async () => {
    for (const name of ['mlflow.db', 'copy.db', 'onward.db']) rmSync(path.join(folder, name), { force: true });
    writeFileSync(configFile, 'mlflow: { experiment_name: churn }\n');
    source = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
    ({ experimentId } = await source.ensureExperiment('churn'));
  });

  afterEach(() => source.close());

  const startRun = (name: string, more: object = {}): Promise<Run> =>
    source.createRun({ experimentId, name, userId: 'alice', startTime: 1000, ...more });

  const register = async (name: string): Promise<Run> => {
    const run = await startRun(name);
    const model = path.join(run.artifactUri, 'model');
    mkdirSync(model, { recursive: true });
    writeFileSync(path.join(model, 'MLmodel'), `name: ${name}`);
    const end = { status: 'FINISHED' as const, endTime: 2000 };
    await source.finishRun(run.runId, {
      ...end,
      register: { name: 'model', source: model, runId: run.runId, userId: 'alice' },
    });
    return run;
  };

  const copyAll = (options: CopyOptions = {}) => copy({ configFile }, { to: 'sqlite:///copy.db', ...options });

  async function target<T>(use: (store: SqliteStore) => Promise<T>): Promise<T> {
    const store = await openSqliteStore({ path: 'copy.db', baseDir: folder, readOnly: true });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  }

  /** Changes the source as no interface of ours does. */
  function change(...statements: string[]): void {
    const database = new DatabaseSync(source.file);
    for (const statement of statements) database.exec(statement);
    database.close();
  }

  it('takes histories, params and tags of any length, and values that are no numbers', async () => {
    const metrics = Array.from({ length: 2500 }, (_, step) => ({
      key: 'loss',
      value: 1 / step,
      timestamp: step,
      step,
    }));
    metrics.push({ key: 'broken', value: Number.NaN, timestamp: 1, step: 0 });
    const many = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 230 }, (_, i) => [`${prefix}${i}`, `v${i}`]));
    const run = await startRun('long', { params: many('p'), tags: many('t') });
    await source.finishRun(run.runId, { status: 'FAILED', endTime: 3000, batch: { metrics } });
    await copyAll();
    assert.deepEqual(await target((store) => contentsOf(store)), await contentsOf(source));
  });

  it('takes what is said of experiments and models along, and leaves what the target says', async () => {
    await source.tagExperiment(experimentId, {
      team: 'ops',
      'mlflow.note.content': 'Who leaves.',
      'mlflow.ownerId': '7',
    });
    await register('first');
    await source.describeModel('model', { tags: { risk: 'high', tier: '1' }, description: 'A forest.' });
    const { experiments, models, status } = await copyAll({ dryRun: true });
    assert.deepEqual(experiments[0]!.tags, { set: ['team', 'mlflow.note.content'], kept: [] });
    assert.deepEqual(models[0]!.tags, { set: ['risk', 'tier', 'mlflow.note.content'], kept: [] });
    assert.equal(status, 'dry-run');
    await copyAll();
    const said = () =>
      target(async (store) => {
        const { tags } = (await store.findExperiment('churn'))!;
        const { tags: modelTags, description } = (await store.findModel('model'))!;
        return { tags, modelTags, description };
      });
    const tags = { team: 'ops', 'mlflow.note.content': 'Who leaves.' };
    assert.deepEqual(await said(), { tags, modelTags: { risk: 'high', tier: '1' }, description: 'A forest.' });
    assert.equal((await copyAll()).status, 'nothing-to-do');

    await source.tagExperiment(experimentId, { team: 'data', since: '2026' });
    await source.describeModel('model', { tags: { risk: 'low' }, description: 'Trees.' });
    const { warnings, ...again } = await copyAll();
    assert.equal(again.status, 'copied');
    assert.deepEqual(again.experiments[0]!.tags, { set: ['since'], kept: ['team'] });
    assert.deepEqual(warnings, [
      'experiment churn: the target says something else and stays as it is: tag team.',
      'model: the target says something else and stays as it is: tag risk, its description.',
    ]);
    const { tags: kept, modelTags, description } = await said();
    assert.deepEqual(kept, { ...tags, since: '2026' });
    assert.deepEqual([modelTags.risk, description], ['high', 'A forest.']);
  });

  it('waits for runs that go on', async () => {
    const run = await startRun('going on');
    const first = await copyAll();
    assert.deepEqual(first.experiments, [
      { name: 'churn', copied: 0, present: 0, running: 1, tags: { set: [], kept: [] } },
    ]);
    assert.match(first.warnings.join(), /churn: 1 of its runs go on/);
    await source.finishRun(run.runId, { status: 'FINISHED', endTime: 2000 });
    assert.equal((await copyAll()).experiments[0]!.copied, 1);
  });

  it('nests runs in the copies of their parents, also those that came before a parent that went on', async () => {
    const end = { status: 'FINISHED' as const, endTime: 3000 };
    const nested = async (name: string, parent: Run, startTime: number) => {
      const run = await startRun(name, { startTime, tags: { 'mlflow.parentRunId': parent.runId } });
      await source.finishRun(run.runId, end);
      return run;
    };
    const root = await startRun('root', { startTime: 3 });
    // The clocks of two machines: who is below started before.
    const below = await nested('below', root, 2);
    await nested('lowest', below, 1);
    await nested('stray', { ...root, runId: 'f'.repeat(32) }, 4);
    const onward = () => copyAll({ from: 'sqlite:///copy.db', to: 'sqlite:///onward.db' });
    const parentsIn = async (file: string) => {
      const store = await openSqliteStore({ path: file, baseDir: folder, readOnly: true });
      const { runs } = await store.searchRuns({ experimentIds: ['1'] });
      await store.close();
      const names = new Map(runs.map(({ runId, name }) => [runId, name]));
      const nameOf = (id: string | undefined) => (id === undefined ? null : (names.get(id) ?? id));
      return Object.fromEntries(runs.map(({ name, tags }) => [name, nameOf(tags['mlflow.parentRunId'])]));
    };
    const first = await copyAll();
    assert.deepEqual(first.experiments[0], { ...first.experiments[0], copied: 3, running: 1 });
    assert.match(first.warnings.join(), /churn: 1 of its runs go on/);
    await onward();
    const others = { lowest: 'below', stray: 'f'.repeat(32) };
    for (const file of ['copy.db', 'onward.db']) {
      assert.deepEqual(await parentsIn(file), { below: root.runId, ...others });
    }
    await source.finishRun(root.runId, end);
    const second = await copyAll();
    assert.deepEqual(second.experiments[0], { ...second.experiments[0], copied: 1, present: 3, running: 0 });
    await onward();
    for (const file of ['copy.db', 'onward.db']) {
      assert.deepEqual(await parentsIn(file), { root: null, below: 'root', ...others });
    }
  });

  it('gives versions behind a deleted one other numbers, says so, and keeps the history true', async () => {
    for (const name of ['first', 'second', 'third']) await register(name);
    const events = await source.ensureExperiment('churn_events');
    const event = (version: string, previous: string) =>
      source.createRun({
        experimentId: events.experimentId,
        name: `promote ${version}`,
        userId: 'alice',
        startTime: Number(version) * 1000,
        status: 'FINISHED',
        endTime: Number(version) * 1000,
        tags: {
          'gnu_mlops.event.kind': 'promote',
          'gnu_mlops.event.model': 'model',
          'gnu_mlops.event.version': version,
          'gnu_mlops.event.previous': previous,
        },
      });
    await event('2', '1');
    await event('3', '2');
    change(
      "UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = 2",
      "INSERT INTO registered_model_aliases (name, alias, version) VALUES ('model', 'GNU_Production', 3)",
    );
    const { models, warnings } = await copyAll();
    assert.deepEqual(
      models[0]!.versions.map(({ from, to }) => [from, to]),
      [
        ['1', '1'],
        ['3', '2'],
      ],
    );
    assert.match(warnings.join(), /other numbers: 3 is 2/);
    await target(async (store) => {
      assert.deepEqual((await store.findModel('model'))!.aliases, { GNU_Production: '2' });
      const copied = await store.findExperiment('churn_events');
      const { runs } = await store.searchRuns({ experimentIds: [copied!.experimentId], orderBy: ['start_time'] });
      const numbers = runs.map(({ tags }) => [tags['gnu_mlops.event.version'], tags['gnu_mlops.event.previous']]);
      assert.deepEqual(numbers, [
        ['deleted-2', '1'],
        ['2', 'deleted-2'],
      ]);
    });
  });

  it('leaves tags of versions behind that only MLflow 3 takes, says so, and brings those that came later', async () => {
    await register('first');
    const tag = (key: string, value: string) =>
      change(`INSERT INTO model_version_tags (key, value, name, version) VALUES ('${key}', '${value}', 'model', 1)`);
    tag('report', 'x'.repeat(5001));
    tag('team', 'ops');
    const tags = async () => {
      const { warnings, models } = await copyAll();
      assert.match(warnings.join(), /model: tags that not every MLflow takes stayed behind: report of version 1\./);
      const [version] = await target((store) => store.listVersions('model'));
      const { report, team, checked } = version!.tags;
      return [models[0]!.versions[0]!.status, report, team, checked];
    };
    assert.match((await copyAll({ dryRun: true })).warnings.join(), /report of version 1/);
    assert.deepEqual(await tags(), ['copied', undefined, 'ops', undefined]);
    assert.deepEqual(await tags(), ['present', undefined, 'ops', undefined]);
    tag('checked', 'yes');
    change("UPDATE model_version_tags SET value = 'data' WHERE key = 'team'");
    assert.deepEqual(await tags(), ['updated', undefined, 'ops', 'yes']);
    assert.match(
      (await copyAll()).warnings.join(),
      /version 1 of model: the target says something else .*: tag team\./,
    );
  });

  it('carries a version whose run is gone, and one whose model lies elsewhere', async () => {
    const run = await register('lost');
    const elsewhere = path.join(folder, 'elsewhere');
    mkdirSync(elsewhere, { recursive: true });
    writeFileSync(path.join(elsewhere, 'MLmodel'), 'elsewhere');
    change(
      `UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = '${run.runId}'`,
      `UPDATE model_versions SET source = '${elsewhere}', storage_location = '${elsewhere}'`,
    );
    await copyAll();
    assert.equal((await copyAll()).status, 'nothing-to-do');
    await target(async (store) => {
      const [version] = await store.listVersions('model');
      assert.equal((await store.artifacts.file(await store.locate(version!), 'MLmodel'))!.toString(), 'elsewhere');
      assert.equal((await store.getRun(version!.runId!)).status, 'FINISHED');
    });
  });

  it('stops when it is cancelled, and is finished by the next one', async () => {
    for (const name of ['first', 'second', 'third']) await register(name);
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await rejects(copyAll({ signal: stop.signal, onProgress }), 'cancelled');
    assert.ok((await target((store) => store.listModels())).length === 0);
    await copyAll();
    assert.deepEqual(await target((store) => contentsOf(store)), await contentsOf(source));
  });

  it('is refused before it begins when artifacts are out of reach, or the workspace is not trusted', async () => {
    const run = await startRun('far away');
    await source.finishRun(run.runId, { status: 'FINISHED', endTime: 2000 });
    change(`UPDATE runs SET artifact_uri = 'gs://bucket/run'`);
    const error = await rejects(copyAll(), 'unsupported');
    assert.match(error.message, /gs:\/\/bucket\/run/);
    await target(async (store) => {
      const { runs } = await store.searchRuns({ experimentIds: ['1'] });
      assert.deepEqual(runs, []);
    });
    await rejects(copy({ configFile, readOnly: true }, { to: 'sqlite:///copy.db' }), 'untrusted-workspace');
  });
});

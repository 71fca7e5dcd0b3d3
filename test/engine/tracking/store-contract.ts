import * as assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { EngineError, ErrorReason } from '../../../src/engine/support/errors.ts';
import type { ModelVersion, NewRun, Run, TrackingStore } from '../../../src/engine/tracking/store.ts';

/** A store and how to be rid of it. It may hold what other cases made: every case works under names of its own. */
export interface StoreFixture {
  store: TrackingStore;
  dispose: () => Promise<void>;
}

/** Asserts that `promise` is rejected with an EngineError of this reason, and returns the error. */
export async function rejects(promise: Promise<unknown>, reason: ErrorReason): Promise<EngineError> {
  let caught: unknown;
  await assert.rejects(promise, (error: EngineError) => {
    caught = error;
    assert.equal(error.reason, reason, error.stack);
    return true;
  });
  return caught as EngineError;
}

/** Where a back end is different by its own documentation, which whoever says so names. */
export interface BackEndTraits {
  /** Whether there is an experiment that nobody made. */
  hasDefaultExperiment?: boolean;
  /** Who a run belongs to: whoever its maker says, unless given. */
  user?: string;
  /** What models may be called; anything unless given. */
  modelName?: (own: string) => string;
  /** Puts files where a model that is registered must have some. */
  writeModel?: (store: TrackingStore, run: Run) => Promise<void>;
}

/** What every TrackingStore does, whatever stands behind it. */
export function storeContract(
  name: string,
  makeStore: () => Promise<StoreFixture>,
  { hasDefaultExperiment = true, user = 'alice', modelName = (own) => own, writeModel }: BackEndTraits = {},
): void {
  describe(`${name} keeps the TrackingStore contract`, () => {
    let store: TrackingStore;
    let dispose: () => Promise<void>;
    let experiment: string;
    let model: string;
    let experimentId: string;

    beforeEach(async () => {
      ({ store, dispose } = await makeStore());
      const own = randomUUID().slice(0, 8);
      experiment = `contract-${own}`;
      model = modelName(`model-${own}`);
      experimentId = (await store.ensureExperiment(experiment)).experimentId;
    });

    afterEach(() => dispose());

    const startRun = (run: Partial<NewRun> = {}): Promise<Run> =>
      store.createRun({ experimentId, name: 'a run', userId: 'alice', startTime: 1000, ...run });

    const register = async (name = model): Promise<ModelVersion> => {
      const run = await startRun();
      await writeModel?.(store, run);
      const source = `runs:/${run.runId}/model`;
      const end = { status: 'FINISHED' as const, endTime: 2000 };
      const register = { name, source, runId: run.runId, userId: 'alice' };
      return (await store.finishRun(run.runId, { ...end, register }))!;
    };

    const ids = async (filter: string, orderBy: string[] = []): Promise<string[]> =>
      (await store.searchRuns({ experimentIds: [experimentId], filter, orderBy })).runs.map((run) => run.name);

    describe('experiments', () => {
      it('are made once by name', async () => {
        assert.equal((await store.ensureExperiment(experiment)).experimentId, experimentId);
        assert.equal((await store.findExperiment(experiment))?.experimentId, experimentId);
        assert.equal(await store.findExperiment(`${experiment}-missing`), null);
        const names = (await store.listExperiments()).map(({ name }) => name);
        assert.ok(names.includes(experiment));
        assert.equal(names.includes('Default'), hasDefaultExperiment);
      });

      it('keep their tags, and others when some are set', async () => {
        const before = (await store.findExperiment(experiment))!.tags;
        await store.tagExperiment(experimentId, { team: 'ops', 'mlflow.note.content': "What 'churn' is." });
        await store.tagExperiment(experimentId, { team: 'data' });
        const { tags } = (await store.findExperiment(experiment))!;
        assert.deepEqual(tags, { ...before, team: 'data', 'mlflow.note.content': "What 'churn' is." });
        await rejects(store.tagExperiment('987654321', { team: 'ops' }), 'not-found');
      });
    });

    it('finds experiments by several names, those that are not there left out', async () => {
      await store.ensureExperiment(`${experiment}_events`);
      const found = await store.findExperiments([experiment, `${experiment}_events`, `${experiment}_none`]);
      assert.deepEqual(found.map(({ name }) => name).sort(), [experiment, `${experiment}_events`]);
    });

    describe('runs', () => {
      it('come back as they were made', async () => {
        const made = await startRun({ name: 'first', params: { depth: '3' }, tags: { team: 'ops' } });
        const run = await store.getRun(made.runId);
        assert.equal(run.name, 'first');
        assert.equal(run.status, 'RUNNING');
        assert.equal(run.userId, user);
        assert.equal(run.startTime, 1000);
        assert.equal(run.endTime, null);
        assert.equal(run.experimentId, experimentId);
        assert.deepEqual({ ...run.params }, { depth: '3' });
        assert.equal(run.tags.team, 'ops');
        assert.equal(run.tags['mlflow.runName'], 'first');
        assert.equal(run.tags['mlflow.user'], 'alice');
        assert.ok(run.artifactUri.endsWith(`/${run.runId}/artifacts`));
      });

      it('end with a status, a time and a last batch', async () => {
        const { runId } = await startRun();
        const metrics = [{ key: 'accuracy', value: 0.9, timestamp: 5, step: 0 }];
        assert.equal(await store.finishRun(runId, { status: 'FAILED', endTime: 3000, batch: { metrics } }), null);
        const run = await store.getRun(runId);
        assert.equal(run.status, 'FAILED');
        assert.equal(run.endTime, 3000);
        assert.equal(run.metrics.accuracy, 0.9);
      });

      it('come together by their ids, those that are not there left out', async () => {
        const made = await Promise.all([startRun({ name: 'a' }), startRun({ name: 'b' }), startRun({ name: 'c' })]);
        const wanted = [made[2]!.runId, '0'.repeat(32), made[0]!.runId];
        assert.deepEqual((await store.getRuns(wanted)).map(({ name }) => name).sort(), ['a', 'c']);
        assert.deepEqual(await store.getRuns([]), []);
      });

      it('that do not exist are not found', async () => {
        const missing = '0123456789abcdef0123456789abcdef';
        await rejects(store.getRun(missing), 'not-found');
        await rejects(store.logBatch(missing, { tags: { a: 'b' } }), 'not-found');
        await rejects(store.finishRun(missing, { status: 'FINISHED', endTime: 1 }), 'not-found');
      });

      it('keep params for ever and let tags change', async () => {
        const { runId } = await startRun({ params: { depth: '3' }, tags: { team: 'ops' } });
        await store.logBatch(runId, { params: { depth: '3' }, tags: { team: 'data' } });
        await rejects(store.logBatch(runId, { params: { depth: '4' }, tags: { team: 'lost' } }), 'usage');
        const run = await store.getRun(runId);
        assert.equal(run.params.depth, '3');
        assert.equal(run.tags.team, 'data');
      });

      it('refuse names that MLflow refuses', async () => {
        const { runId } = await startRun();
        await rejects(store.logBatch(runId, { params: { ['k'.repeat(251)]: '1' } }), 'usage');
        await rejects(store.logBatch(runId, { tags: { 'a/../b': '1' } }), 'usage');
        await rejects(store.logBatch(runId, { metrics: [{ key: 'what?', value: 1, timestamp: 1, step: 0 }] }), 'usage');
      });

      it('cut params and tags that are too long, as MLflow does', async () => {
        const { runId } = await startRun({
          params: { long: 'é'.repeat(7000) },
          tags: { long: `${'x'.repeat(7999)}😀` },
        });
        const run = await store.getRun(runId);
        assert.equal(run.params.long, 'é'.repeat(6000));
        assert.equal(run.tags.long?.slice(0, 7999), 'x'.repeat(7999));
        assert.ok(run.tags.long?.isWellFormed());
      });

      it('show the latest metric and keep its history, NaN and infinities included', async () => {
        const { runId } = await startRun();
        const metric = (key: string, value: number, step: number, timestamp = 10) => ({ key, value, step, timestamp });
        await store.logBatch(runId, { metrics: [metric('loss', 3, 0), metric('loss', 1, 2), metric('loss', 2, 1)] });
        await store.logBatch(runId, { metrics: [metric('loss', 1, 2), metric('nan', Number.NaN, 0)] });
        await store.logBatch(runId, { metrics: [metric('up', Infinity, 0), metric('down', -Infinity, 0)] });
        const { metrics } = await store.getRun(runId);
        assert.deepEqual({ ...metrics }, { loss: 1, nan: Number.NaN, up: Infinity, down: -Infinity });
        const history = await store.metricHistory(runId, ['loss', 'nan', 'none']);
        assert.deepEqual(
          history.map(({ key, value, step }) => [key, step, value]),
          [
            ['loss', 0, 3],
            ['loss', 1, 2],
            ['loss', 2, 1],
            ['nan', 0, Number.NaN],
          ],
        );
      });

      it('take a thousand metrics at once with a hundred params and a hundred tags', async () => {
        const { runId } = await startRun();
        const record = (kind: string) =>
          Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${kind}${i}`, 'x']));
        const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: 'loss', value: step, timestamp: 7, step }));
        await store.logBatch(runId, { params: record('p'), metrics, tags: record('t') });
        assert.equal((await store.metricHistory(runId, ['loss'])).length, 1000);
        const { params, tags } = await store.getRun(runId);
        assert.deepEqual([params.p99, tags.t99], ['x', 'x']);
      });

      it('know which datasets they read', async () => {
        const input = { name: 'train.csv', digest: 'abc', sourceType: 'local', source: '{"uri":"train.csv"}' };
        const full = { ...input, schema: '{"a":1}', profile: null, context: 'training' };
        const { runId } = await startRun({ inputs: [full] });
        await store.logBatch(runId, { inputs: [full] });
        assert.deepEqual(await store.datasetInputs(runId), [full]);
      });
    });

    describe('search', () => {
      const metric = (key: string, value: number) => ({ key, value, timestamp: 1, step: 0 });

      beforeEach(async () => {
        await startRun({ name: 'low', startTime: 1, metrics: [metric('acc', 0.2)], params: { lr: '0.1' } });
        await startRun({ name: 'high', startTime: 2, metrics: [metric('acc', 0.9)], tags: { team: 'Ops' } });
        await startRun({ name: 'nan', startTime: 3, metrics: [metric('acc', Number.NaN)] });
        await startRun({ name: 'none', startTime: 4, tags: { 'odd key': "it's" } });
      });

      it('orders by start time, newest first, unless told', async () => {
        assert.deepEqual(await ids(''), ['none', 'nan', 'high', 'low']);
      });

      it('puts NaN and missing values last in either direction', async () => {
        assert.deepEqual(await ids('', ['metrics.acc DESC']), ['high', 'low', 'nan', 'none']);
        assert.deepEqual(await ids('', ['metrics.acc ASC']), ['low', 'high', 'nan', 'none']);
      });

      it('filters by metrics, params, tags and attributes', async () => {
        assert.deepEqual(await ids('metrics.acc > 0.5'), ['high']);
        assert.deepEqual(await ids('metrics.acc <= 0.9'), ['high', 'low']);
        assert.deepEqual(await ids("params.lr = '0.1'"), ['low']);
        assert.deepEqual(await ids("tags.team LIKE 'O%'"), ['high']);
        assert.deepEqual(await ids("tags.team LIKE 'o%'"), []);
        assert.deepEqual(await ids("tags.team ILIKE 'o%'"), ['high']);
        assert.deepEqual(await ids('tags.`odd key` = "it\'s"'), ['none']);
        assert.deepEqual(await ids("attributes.run_name != 'low' and metrics.acc < 1"), ['high']);
        assert.deepEqual(await ids('start_time >= 3'), ['none', 'nan']);
        assert.deepEqual(await ids(`status = 'RUNNING' AND user_id = '${user}' and start_time < 2`), ['low']);
      });

      it('says what is wrong with a filter', async () => {
        const error = await rejects(ids('metrics.acc >> 0.5'), 'usage');
        assert.match(error.message, /acc/);
      });

      it('brings only the keys that were asked for', async () => {
        await startRun({
          name: 'many',
          startTime: 9,
          metrics: [metric('acc', 0.5), metric('f1', 1)],
          tags: { a: 'b' },
        });
        const keys = { params: ['lr'], metrics: ['f1'], tags: ['a', 'none'] };
        const search = { experimentIds: [experimentId], filter: 'metrics.acc > 0', orderBy: ['start_time ASC'], keys };
        const { runs } = await store.searchRuns(search);
        const brought = runs.map(({ name, params, metrics, tags }) => [
          name,
          { ...params },
          { ...metrics },
          { ...tags },
        ]);
        assert.deepEqual(brought, [
          ['low', { lr: '0.1' }, {}, {}],
          ['high', {}, {}, {}],
          ['many', {}, { f1: 1 }, { a: 'b' }],
        ]);
      });

      it('gives every run once, page by page', async () => {
        const seen: string[] = [];
        let pageToken: string | null = null;
        do {
          const token = pageToken === null ? {} : { pageToken };
          const page = await store.searchRuns({ experimentIds: [experimentId], maxResults: 3, ...token });
          seen.push(...page.runs.map((run) => run.name));
          pageToken = page.nextPageToken;
        } while (pageToken !== null);
        assert.deepEqual(seen, ['none', 'nan', 'high', 'low']);
      });
    });

    describe('registry', () => {
      it('numbers versions and makes the model when it is missing', async () => {
        assert.equal(await store.findModel(model), null);
        assert.deepEqual(await store.listVersions(model), []);
        assert.equal((await register()).version, '1');
        const second = await register();
        assert.equal(second.version, '2');
        assert.equal(second.stageField, 'None');
        assert.equal(second.status, 'READY');
        assert.deepEqual(
          (await store.listVersions(model)).map((version) => version.version),
          ['2', '1'],
        );
        assert.ok((await store.listModels()).some(({ name }) => name === model));
      });

      it('finds a version with its run and the folder of its model', async () => {
        const { runId } = await register();
        const version = await store.getVersion(model, '1');
        assert.equal(version.runId, runId);
        const location = await store.locate(version);
        assert.ok(location.endsWith(`${runId}/artifacts/model`), location);
        await rejects(store.getVersion(model, '9'), 'not-found');
        await rejects(store.getVersion(`${model}-other`, '1'), 'not-found');
      });

      it('keeps the tags and the description of a model, and others when some are set', async () => {
        await register();
        await store.describeModel(model, { tags: { team: 'ops', step: 'a = "b"' }, description: 'Who leaves.' });
        await store.describeModel(model, { tags: { team: 'data' } });
        const { tags, description } = (await store.findModel(model))!;
        assert.deepEqual(tags, { team: 'data', step: 'a = "b"' });
        assert.equal(description, 'Who leaves.');
        await rejects(store.describeModel(modelName('nobody'), { tags: { team: 'ops' } }), 'not-found');
      });

      it('refuses names that a model cannot have', async () => {
        await rejects(register('a/b'), 'usage');
        await rejects(register(''), 'usage');
      });
    });

    describe('promotion', () => {
      const STAGE = 'Staging';

      const promote = async (expected: string | null, target: string | null, versionTags = {}) => {
        const event = await startRun({ name: 'event' });
        const moves = [{ alias: STAGE, expected, target }];
        const stageFields = target === null ? {} : { [target]: 'Staging' as const };
        const commit = { modelName: model, eventRunId: event.runId, moves, stageFields, versionTags, endTime: 5000 };
        return { event: event.runId, outcome: await store.commitPromotion(commit) };
      };

      it('moves aliases, sets tags and ends the event', async () => {
        await register();
        const { event, outcome } = await promote(null, '1', { 1: { note: 'good' } });
        assert.equal(outcome.status, 'committed');
        assert.deepEqual({ ...(await store.findModel(model))!.aliases }, { [STAGE]: '1' });
        const version = await store.getVersion(model, '1');
        assert.deepEqual(version.aliases, [STAGE]);
        assert.equal(version.tags.note, 'good');
        assert.equal((await store.getRun(event)).status, 'FINISHED');
        await promote('1', null, { 1: { note: null } });
        assert.deepEqual({ ...(await store.findModel(model))!.aliases }, {});
        assert.equal('note' in (await store.getVersion(model, '1')).tags, false);
      });

      it('changes nothing but the event when an alias was not where it was expected', async () => {
        await register();
        await register();
        await promote(null, '1');
        const { event, outcome } = await promote(null, '2', { 2: { note: 'lost' } });
        assert.deepEqual(outcome, { status: 'conflict', alias: STAGE, expected: null, holder: '1' });
        assert.deepEqual({ ...(await store.findModel(model))!.aliases }, { [STAGE]: '1' });
        assert.equal('note' in (await store.getVersion(model, '2')).tags, false);
        const run = await store.getRun(event);
        assert.equal(run.status, 'FAILED');
        assert.deepEqual(JSON.parse(run.tags['gnu_mlops.event.conflict']!), {
          alias: STAGE,
          expected: null,
          holder: '1',
        });
      });

      it('refuses a version that is not there', async () => {
        await register();
        await rejects(promote(null, '7'), 'not-found');
        assert.deepEqual({ ...(await store.findModel(model))!.aliases }, {});
      });
    });

    it('changes its token with every change, and only then', async () => {
      const before = await store.changeToken();
      assert.equal(await store.changeToken(), before);
      await startRun({ startTime: Date.now() });
      const after = await store.changeToken();
      assert.notEqual(after, before);
      assert.equal(await store.changeToken(), after);
    });
  });
}

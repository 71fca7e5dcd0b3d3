import * as assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CopyOptions, copy, type OpenProjectOptions } from '../../../src/engine/index.ts';
import { openSqliteStore, type SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { useEmulator } from '../databricks/emulated.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const MODEL = 'main.ml.churn';

describe('A copy to and from a Databricks workspace', function () {
  // What is cut off is tried again after a while.
  this.timeout(20_000);
  const workspace = useEmulator();
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  let source: SqliteStore;
  after(remove);

  beforeEach(async () => {
    for (const name of ['mlflow.db', 'other.db']) rmSync(path.join(folder, name), { force: true });
    const { url, workspace: it } = workspace().emulator;
    // The model of the configuration is that of the local store.
    const local = 'mlflow: { experiment_name: churn, model_name: local_model }';
    writeFileSync(configFile, `${local}\ndatabricks: { host: "${url}", token: "${it.token}" }\n`);
    source = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
  });

  afterEach(() => source.close());

  const copyAll = (options: CopyOptions, more: Partial<OpenProjectOptions> = {}) =>
    copy({ configFile, env: { HOME: folder }, ...more }, options);

  async function register(name: string): Promise<void> {
    const { experimentId } = await source.ensureExperiment('churn');
    const run = await source.createRun({ experimentId, name: 'train', userId: 'alice', startTime: 1000 });
    const model = path.join(run.artifactUri, 'model');
    mkdirSync(model, { recursive: true });
    writeFileSync(path.join(model, 'MLmodel'), 'flavors: {}\nsignature: {}\n');
    writeFileSync(path.join(model, 'model.onnx'), 'onnx');
    await source.finishRun(run.runId, {
      status: 'FINISHED',
      endTime: 2000,
      register: { name, source: model, runId: run.runId, userId: 'alice' },
    });
    const event = await source.createRun({ experimentId, name: 'alias', userId: 'bob', startTime: 1 });
    const moves = [{ alias: 'champion', expected: null, target: '1' }];
    await source.commitPromotion({
      modelName: name,
      eventRunId: event.runId,
      moves,
      stageFields: {},
      versionTags: {},
      endTime: 2,
    });
  }

  const registered = () => {
    const { versions, aliases } = workspace().emulator.workspace.models.get(MODEL)!;
    return { versions: [...versions.values()].map(({ version, status }) => [version, status]), aliases: [...aliases] };
  };

  for (const [what, at] of [
    ['the upload of a file', /fs\/files\/Models\//],
    ['the end of the registration', /model-versions\/finalize$/],
  ] as const) {
    it(`goes on with a version that was cut off before ${what}`, async () => {
      const { emulator } = workspace();
      await register(MODEL);
      emulator.cut = { when: 'before', at: ({ path: asked }) => at.test(asked) };
      await rejects(copyAll({ to: 'databricks' }), 'unreachable');
      emulator.cut = null;
      assert.deepEqual(registered(), { versions: [[1, 'PENDING_REGISTRATION']], aliases: [] });
      const { status, models } = await copyAll({ to: 'databricks' });
      assert.equal(status, 'copied');
      assert.deepEqual(models[0]!.versions, [{ from: '1', to: '1', status: 'copied' }]);
      assert.deepEqual(registered(), { versions: [[1, 'READY']], aliases: [['champion', 1]] });
      assert.equal((await copyAll({ to: 'databricks' })).status, 'nothing-to-do');
    });
  }

  it('takes the models of Unity Catalog, whatever the configuration says of the local store', async () => {
    await register(MODEL);
    await copyAll({ to: 'databricks' });
    for (const from of ['databricks', 'databricks-uc']) {
      const { models, warnings } = await copyAll({ from, to: 'sqlite:///other.db' });
      assert.deepEqual([models.map(({ name }) => name), warnings], [[MODEL], []]);
      rmSync(path.join(folder, 'other.db'));
    }
  });

  it("takes the models of the workspace's own registry where Unity Catalog has none, or when one is named", async () => {
    const { legacyModels } = workspace().emulator.workspace;
    legacyModels.set('old', {
      name: 'old',
      description: '',
      userId: 'bob',
      tags: new Map(),
      aliases: new Map(),
      versions: new Map(),
      last: 0,
    });
    const named = async (options: CopyOptions) => {
      const { models, warnings } = await copyAll({
        dryRun: true,
        from: 'databricks',
        to: 'sqlite:///x.db',
        ...options,
      });
      return [models.map(({ name }) => name), warnings];
    };
    assert.deepEqual(await named({}), [['old'], []]);
    await register(MODEL);
    await copyAll({ to: 'databricks' });
    const [names, warnings] = await named({});
    assert.deepEqual(names, [MODEL]);
    assert.match(String(warnings), /own registry has models too, which stay behind: old\./);
    assert.deepEqual(await named({ model: 'old' }), [['old'], []]);
    assert.deepEqual(await named({ model: MODEL }), [[MODEL], []]);
  });

  it('refuses names that Unity Catalog does not take before anything is written, and gives others', async () => {
    await register('local_model');
    for (const dryRun of [true, false]) {
      const error = await rejects(copyAll({ to: 'databricks', dryRun }), 'usage');
      assert.match(error.message, /"local_model" is no name for Unity Catalog/);
      assert.match(String(error.details.fix), /--model local_model --model-name main\.ml\.local_model/);
    }
    const { requests } = workspace().emulator;
    assert.deepEqual(
      requests.filter((each) => !each.startsWith('GET')),
      [],
    );
    const options = { to: 'databricks', model: 'local_model', modelName: MODEL };
    const plan = await copyAll({ ...options, dryRun: true });
    assert.deepEqual(
      plan.models.map(({ name, target_name }) => [name, target_name]),
      [['local_model', MODEL]],
    );
    await copyAll(options);
    assert.deepEqual(registered(), { versions: [[1, 'READY']], aliases: [['champion', 1]] });
    assert.equal((await copyAll(options)).status, 'nothing-to-do');
    const back = { from: 'databricks', model: MODEL, modelName: 'local_model' };
    assert.equal((await copyAll(back)).status, 'nothing-to-do');
  });

  it('takes one name for one model only', async () => {
    await register('first');
    await register('second');
    await rejects(copyAll({ to: 'sqlite:///other.db', modelName: 'third' }), 'usage');
  });
});

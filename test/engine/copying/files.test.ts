import * as assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { digestFolder } from '../../../src/engine/model/digest.ts';
import { MODEL_DIGEST_TAG } from '../../../src/engine/registry/model-version.ts';
import type { SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import type { Run } from '../../../src/engine/tracking/store.ts';
import { rejects } from '../tracking/store-contract.ts';
import { useStores } from './source-store.ts';
import { contentsOf } from './store-contents.ts';

/** Stores whose files are not all where they say. */
describe('The files of a copy', () => {
  let source: SqliteStore;
  let target: SqliteStore;
  const { folder, configFile, copyAll } = useStores((stores) => {
    ({ source, target } = stores);
  });

  async function train(name: string): Promise<Run> {
    const { experimentId } = await source.ensureExperiment('churn');
    const run = await source.createRun({ experimentId, name, userId: 'alice', startTime: 1000 });
    const model = path.join(run.artifactUri, 'model');
    mkdirSync(model, { recursive: true });
    for (const file of ['MLmodel', 'model.onnx']) writeFileSync(path.join(model, file), `${file} of ${name}`);
    const tags = { [MODEL_DIGEST_TAG]: digestFolder(model), 'mlflow.log-model.history': '[]' };
    const register = { name: 'model', source: model, runId: run.runId, userId: 'alice' };
    await source.finishRun(run.runId, { status: 'FINISHED', endTime: 2000, batch: { tags }, register });
    return run;
  }

  it('that are missing keep their version out, are told of, and come later', async () => {
    const { artifactUri } = await train('first');
    await train('second');
    renameSync(artifactUri, `${artifactUri}-away`);
    const plan = await copyAll({ dryRun: true });
    const done = await copyAll();
    for (const { models, warnings } of [plan, done]) {
      assert.deepEqual(
        models[0]!.versions.map(({ from, status }) => [from, status]),
        [
          ['1', 'failed'],
          ['2', 'copied'],
        ],
      );
      assert.match(
        warnings.join(),
        /version 1 of model was not copied: there is no MLmodel at .*artifacts\/model\. Bring/,
      );
    }
    assert.equal(done.status, 'incomplete');
    assert.match(done.warnings.join(), /experiment churn: the files of runs with models are not where .*: first \(/);
    assert.deepEqual(
      (await target.listVersions('model')).map(({ version, status }) => [version, status]),
      [['1', 'READY']],
    );
    renameSync(`${artifactUri}-away`, artifactUri);
    const later = await copyAll();
    assert.equal(later.status, 'copied');
    assert.deepEqual(later.experiments[0], { ...done.experiments[0], copied: 1, present: 1 });
    assert.deepEqual(
      later.models[0]!.versions.map(({ from, to, status }) => [from, to, status]),
      [
        ['1', '2', 'copied'],
        ['2', '1', 'present'],
      ],
    );
    type Contents = { experiments: Record<string, unknown> };
    const runs = async (store: SqliteStore) => ((await contentsOf(store)) as Contents).experiments;
    assert.deepEqual(await runs(target), await runs(source));
    assert.equal((await copyAll()).status, 'nothing-to-do');
  });

  for (const gone of [`models:/m-${'0'.repeat(32)}`, `runs:/${'0'.repeat(32)}/model`]) {
    it(`that nobody knows the place of any more (${gone.slice(0, 10)}...) keep their version out alone`, async () => {
      await train('first');
      await train('second');
      const database = new DatabaseSync(source.file);
      const change = 'UPDATE model_versions SET source = ?, storage_location = NULL WHERE version = 1';
      database.prepare(change).run(gone);
      database.close();
      for (const dryRun of [true, false]) {
        const { models, warnings } = await copyAll({ dryRun });
        assert.deepEqual(
          models[0]!.versions.map(({ from, status }) => [from, status]),
          [
            ['1', 'failed'],
            ['2', 'copied'],
          ],
        );
        assert.match(
          warnings.join(),
          /version 1 of model was not copied: (models|runs):.*, is gone\. Bring that back, or/,
        );
      }
      assert.equal((await target.listVersions('model')).length, 1);
    });
  }

  it('come with a version whose run was deleted, also when it is the only one of its model', async () => {
    const run = await train('first');
    const database = new DatabaseSync(source.file);
    database.prepare("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?").run(run.runId);
    database.close();
    const { status, models } = await copyAll({ model: 'model' });
    assert.deepEqual([status, models[0]!.versions[0]!.status], ['copied', 'copied']);
    await rejects(copyAll({ runId: run.runId }), 'not-found');
  });

  it('of a model alone that is missing come later, too', async () => {
    const { artifactUri } = await train('first');
    writeFileSync(path.join(artifactUri, 'notes.txt'), 'here');
    renameSync(path.join(artifactUri, 'model'), path.join(folder, 'away'));
    assert.equal((await copyAll()).status, 'incomplete');
    renameSync(path.join(folder, 'away'), path.join(artifactUri, 'model'));
    assert.equal((await copyAll()).status, 'copied');
    assert.deepEqual(await contentsOf(target), await contentsOf(source));
  });

  it('need not be there for a run without a model', async () => {
    const { experimentId } = await source.ensureExperiment('churn');
    const run = await source.createRun({ experimentId, name: 'plain', userId: 'alice', startTime: 1000 });
    await source.finishRun(run.runId, { status: 'FINISHED', endTime: 2000 });
    const { status, warnings } = await copyAll();
    assert.deepEqual([status, warnings], ['copied', []]);
    assert.equal((await copyAll()).status, 'nothing-to-do');
  });

  it('that are links stay behind, which is told', async () => {
    const { experimentId } = await source.ensureExperiment('churn');
    const run = await source.createRun({ experimentId, name: 'linked', userId: 'alice', startTime: 1000 });
    mkdirSync(run.artifactUri, { recursive: true });
    symlinkSync(configFile, path.join(run.artifactUri, 'settings.yaml'));
    await source.finishRun(run.runId, { status: 'FINISHED', endTime: 2000 });
    assert.match((await copyAll()).warnings.join(), /links to other files stayed behind: settings.yaml of linked/);
  });

  it('are compared by the digest of the model, because sizes alone do not tell', async () => {
    const run = await train('first');
    await copyAll({ runId: run.runId });
    const experiment = await target.findExperiment('churn');
    const { runs } = await target.searchRuns({ experimentIds: [experiment!.experimentId] });
    const file = path.join(runs[0]!.artifactUri, 'model/model.onnx');
    writeFileSync(file, readFileSync(file, 'utf8').replace('first', 'thief'));
    const { status, models } = await copyAll();
    assert.equal(status, 'incomplete');
    assert.match(models[0]!.versions[0]!.error!, /what arrived at .* is not the one with the digest [0-9a-f]{64}/);
    assert.deepEqual(await target.listVersions('model'), []);
    rmSync(file);
    assert.equal((await copyAll()).status, 'copied');
  });

  it('decide whether history comes: it does not tell of a version that is not there', async () => {
    const { artifactUri } = await train('first');
    const { experimentId } = await source.ensureExperiment('elsewhere');
    const run = await source.createRun({ experimentId, name: 'alias', userId: 'bob', startTime: 1 });
    const moves = [{ alias: 'GNU_Production', expected: null, target: '1' }];
    const commit = { modelName: 'model', eventRunId: run.runId, moves, stageFields: {}, versionTags: {}, endTime: 2 };
    await source.commitPromotion(commit);
    renameSync(artifactUri, `${artifactUri}-away`);
    assert.match(
      (await copyAll()).warnings.join(),
      /stages and history .* stay as they are: version 1, which holds GNU_Production, did not come along/,
    );
    renameSync(`${artifactUri}-away`, artifactUri);
    await copyAll();
    assert.deepEqual((await target.findModel('model'))!.aliases, { GNU_Production: '1' });
  });

  it('of an old store of files that cannot be read are told of in plan and result', async () => {
    const root = path.join(folder, 'old');
    mkdirSync(path.join(root, '5', 'a'.repeat(32)), { recursive: true });
    writeFileSync(path.join(root, '5/meta.yaml'), 'experiment_id: "5"\nname: five\nlifecycle_stage: active\n');
    for (const dryRun of [true, false]) {
      const { warnings } = await copyAll({ from: root, dryRun });
      assert.match(warnings.join(), /Not everything could be read.*5\/a{32}\/meta.yaml \(missing\)/);
    }
  });
});

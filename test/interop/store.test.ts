import * as assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { planPromotion } from '../../src/engine/registry/plan.ts';
import { applyPlan } from '../../src/engine/registry/promotion.ts';
import { loadRegistryState } from '../../src/engine/registry/state.ts';
import { openSqliteStore, type SqliteStore } from '../../src/engine/tracking/sqlite/store.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import type { PythonEnvironment } from '../harness/python.ts';
import { askPython, fill, MODEL, promote, sharesWithPython } from './shared-store.ts';

for (const python of ['mlflow2', 'mlflow3'] as PythonEnvironment[]) {
  describe(`A store shared with Python's ${python}`, function () {
    this.timeout(180_000);
    const { folder, remove } = temporaryFolder();
    let store: SqliteStore;

    const ask = (commands: unknown[], file = store.file) =>
      askPython({ python, uri: `sqlite:///${file}`, folder }, commands);

    before(async () => {
      store = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
    });

    after(async () => {
      await store.close();
      remove();
    });

    sharesWithPython(
      () => store,
      () => ({ python, uri: `sqlite:///${store.file}`, folder }),
    );

    it('is still ours to write after Python migrated it, and needs no copy', async () => {
      const { version } = await store.describe();
      if (python === 'mlflow3') assert.notEqual(version, '0584bdc529eb');
      const { experimentId } = (await store.findExperiment('trials'))!;
      const run = await store.createRun({ experimentId, name: 'afterwards', userId: 'u', startTime: 9000 });
      const register = { name: MODEL, source: `${run.artifactUri}/model`, runId: run.runId, userId: 'u' };
      const made = await store.finishRun(run.runId, { status: 'FINISHED', endTime: 9001, register });
      assert.equal(made!.version, '6');
      await promote(store, 'GNU_Production', '6');
      const [answer] = await ask([['read', MODEL]]);
      assert.equal(answer.model.aliases.GNU_Production, '6');
      assert.equal(answer.model.versions['6'].stage, 'Production');
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
      const state = await loadRegistryState(theirs, 'ours_events', MODEL);
      await applyPlan(theirs, planPromotion(state, { stage: 'Staging' }), { by: 'a', eventsExperiment: 'ours_events' });
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

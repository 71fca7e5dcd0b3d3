import * as assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withCachedReads } from '../../../src/engine/tracking/cached-reads.ts';
import { openSqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import type { TrackingStore } from '../../../src/engine/tracking/store.ts';
import { rejects, storeContract } from './store-contract.ts';
import { temporaryFolder } from './temporary-store.ts';

storeContract('A store with cached reads', async () => {
  const { folder, remove } = temporaryFolder();
  const store = withCachedReads(await openSqliteStore({ path: 'mlflow.db', baseDir: folder }));
  return {
    store,
    dispose: async () => {
      await store.close();
      remove();
    },
  };
});

describe('Cached reads', () => {
  const { folder, remove } = temporaryFolder();
  const asked: string[] = [];
  let behind: TrackingStore;
  let store: TrackingStore;

  before(async () => {
    behind = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
    const counted = new Proxy(behind, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name !== 'changeToken') asked.push(String(name));
          return value.apply(target, args);
        };
      },
    });
    store = withCachedReads(counted);
  });

  after(async () => {
    await behind.close();
    remove();
  });

  it('ask the store once for the same, until somebody changes it', async () => {
    const { experimentId } = await behind.ensureExperiment('e');
    const search = { experimentIds: [experimentId], maxResults: 5 };
    const first = await store.searchRuns(search);
    assert.equal(await store.searchRuns({ ...search }), first);
    await store.searchRuns({ ...search, maxResults: 6 });
    assert.deepEqual(asked, ['searchRuns', 'searchRuns']);
    await behind.createRun({ experimentId, name: 'new', userId: 'u', startTime: 1 });
    assert.equal((await store.searchRuns(search)).runs.length, 1);
    assert.equal(asked.length, 3);
  });

  it('ask again after a failure', async () => {
    asked.length = 0;
    await rejects(store.getRun('missing'), 'not-found');
    await rejects(store.getRun('missing'), 'not-found');
    assert.deepEqual(asked, ['getRun', 'getRun']);
  });

  it('ask for old answers again, and change their token when one is another though the store did not tell', async () => {
    let clock = 0;
    let name = 'before';
    asked.length = 0;
    const blind = new Proxy(behind, {
      get(target, key) {
        if (key === 'changeToken') return async () => 'always the same';
        if (key !== 'getRun') return Reflect.get(target, key, target);
        return async (runId: string) => {
          asked.push(runId);
          return { runId, name };
        };
      },
    });
    const cached = withCachedReads(blind, { maxAgeMs: 1000, now: () => clock });
    const until = async (condition: () => boolean | Promise<boolean>) => {
      while (!(await condition())) await nextTurn();
    };
    const first = await cached.getRun('a');
    const token = await cached.changeToken();
    clock = 900;
    assert.equal(await cached.getRun('a'), first);
    assert.equal(asked.length, 1);
    clock = 1100;
    assert.equal(await cached.changeToken(), token);
    await until(() => asked.length === 2);
    assert.equal(await cached.changeToken(), token, 'nothing was another');
    name = 'after';
    clock = 2200;
    await until(async () => (await cached.changeToken()) !== token);
    assert.equal((await cached.getRun('a')).name, 'after');
    assert.equal(asked.length, 4);
  });
});

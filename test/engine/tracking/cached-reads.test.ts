import * as assert from 'node:assert/strict';
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
});

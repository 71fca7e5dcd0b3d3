import * as assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WorkspaceClient } from '../../src/engine/databricks/workspace-client.ts';
import { copy } from '../../src/engine/index.ts';
import { openDatabricksStore } from '../../src/engine/tracking/databricks/open.ts';
import { openSqliteStore } from '../../src/engine/tracking/sqlite/store.ts';
import { Deployments } from '../engine/copying/source-store.ts';
import { contentsOf } from '../engine/copying/store-contents.ts';
import { settingsOf } from '../engine/databricks/emulated.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { DatabricksEmulator } from '../harness/databricks/emulator.ts';

/** Every so many requests that change something. */
const STEP = process.env.TEST_DEPTH === 'full' ? 1 : 5;

describe('A copy to Databricks (the emulator) that loses its connection for good', function () {
  this.timeout(600_000);
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  const on = new Deployments('main.ml.churn');
  after(remove);

  const copyTo = ({ url, workspace }: DatabricksEmulator, from = 'now.db') => {
    const env = {
      HOME: folder,
      DATABRICKS_HOST: url,
      DATABRICKS_TOKEN: workspace.token,
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
    };
    return copy({ configFile, env }, { from: `sqlite:///${from}`, to: 'databricks' });
  };

  /** The same store twice: in `now.db` another version went into production, and back. */
  before(async () => {
    writeFileSync(configFile, 'mlflow: { experiment_name: churn }\n');
    const store = await openSqliteStore({ path: 'now.db', baseDir: folder });
    for (const _ of [1, 2]) await on.register(store);
    await on.deploy(store, '1');
    await store.close();
    copyFileSync(path.join(folder, 'now.db'), path.join(folder, 'before.db'));
    const later = await openSqliteStore({ path: 'now.db', baseDir: folder });
    await on.deploy(later, '2');
    await on.rollBack(later);
    await later.close();
  });

  async function withEmulator<T>(use: (emulator: DatabricksEmulator) => Promise<T>): Promise<T> {
    const emulator = await DatabricksEmulator.start();
    try {
      const result = await use(emulator);
      assert.deepEqual(emulator.violations, []);
      return result;
    } finally {
      await emulator.stop();
    }
  }

  async function contents(emulator: DatabricksEmulator): Promise<object> {
    const options = {
      workspacePath: '/Shared/gnu_mlops',
      registry: 'unity-catalog' as const,
      cacheFolder: path.join(folder, 'cache'),
    };
    const store = openDatabricksStore(new WorkspaceClient(settingsOf(emulator)), options);
    return contentsOf(store, false).finally(() => store.close());
  }

  const isChange = ({ method }: { method: string }) => method !== 'GET';

  /** Cuts everything from a change on, each time in a new workspace, until there is no such change. */
  async function cutEverywhere(prepare: (emulator: DatabricksEmulator) => Promise<void>): Promise<number> {
    const whole = await withEmulator(async (emulator) => {
      await prepare(emulator);
      await copyTo(emulator);
      return contents(emulator);
    });
    for (let nth = 0, cuts = 0; ; nth += STEP, cuts++) {
      const wasCut = await withEmulator(async (emulator) => {
        await prepare(emulator);
        let changes = 0;
        let isGone = false;
        emulator.cut = {
          when: cuts % 2 === 0 ? 'before' : 'after',
          at: (request) => {
            if (isChange(request) && !request.path.endsWith('/runs/search')) changes++;
            isGone ||= changes > nth;
            return isGone;
          },
        };
        await copyTo(emulator).catch(() => undefined);
        emulator.cut = null;
        await copyTo(emulator);
        assert.deepEqual(await contents(emulator), whole, `cut at change ${nth}`);
        assert.equal((await copyTo(emulator)).status, 'nothing-to-do');
        return isGone;
      });
      if (!wasCut) return cuts;
    }
  }

  it('is finished by the next one', async () => {
    assert.ok((await cutEverywhere(async () => undefined)) > 5);
  });

  it('is finished by the next one when aliases and history follow', async () => {
    const cuts = await cutEverywhere(async (emulator) => {
      await copyTo(emulator, 'before.db');
    });
    assert.ok(cuts > 3);
  });
});

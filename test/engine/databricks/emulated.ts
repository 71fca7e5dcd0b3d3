import * as assert from 'node:assert/strict';
import type { DatabricksSettings } from '../../../src/engine/config/databricks-settings.ts';
import { setPollingPace } from '../../../src/engine/databricks/polling.ts';
import { WorkspaceClient } from '../../../src/engine/databricks/workspace-client.ts';
import { DatabricksEmulator } from '../../harness/databricks/emulator.ts';

/** A workspace for each test, and a client that is signed in. A test that sent something wrong fails at its end. */
export function useEmulator(): () => { emulator: DatabricksEmulator; client: WorkspaceClient } {
  let emulator: DatabricksEmulator;

  beforeEach(async () => {
    setPollingPace(0.001);
    emulator = await DatabricksEmulator.start();
  });

  afterEach(async () => {
    setPollingPace(1);
    const { violations } = emulator;
    await emulator.stop();
    assert.deepEqual(violations, []);
  });

  return () => ({ emulator, client: new WorkspaceClient(settingsOf(emulator)) });
}

export function settingsOf({ url, workspace }: DatabricksEmulator): DatabricksSettings {
  return { host: url, credentials: { kind: 'token', token: workspace.token }, warehouseId: 'abc123def4567890' };
}

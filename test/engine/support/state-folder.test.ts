import * as assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { makeStateFolder, stateFolderOf } from '../../../src/engine/support/state-folder.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe('The folder of locks, journal and spool', () => {
  it('is for its owner alone, also when an earlier version made it for everybody', function () {
    // Windows keeps no such permissions.
    if (process.platform === 'win32') this.skip();
    const { folder, remove } = temporaryFolder();
    const made = makeStateFolder(folder);
    assert.equal(made, stateFolderOf(folder));
    assert.equal(statSync(made).mode & 0o777, 0o700);
    chmodSync(made, 0o755);
    mkdirSync(`${made}/spool`);
    makeStateFolder(folder);
    assert.equal(statSync(made).mode & 0o777, 0o700);
    remove();
  });
});

import * as assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../../../src/engine/support/atomic-file.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe('Writing a file whole', () => {
  it('makes folders, replaces what was there and leaves nothing beside it', () => {
    const { folder, remove } = temporaryFolder();
    const file = path.join(folder, 'a/b/file.json');
    writeFileWhole(file, 'first');
    writeFileWhole(file, new Uint8Array([104, 105]));
    assert.equal(readFileSync(file, 'utf8'), 'hi');
    assert.deepEqual(readdirSync(path.dirname(file)), ['file.json']);
    remove();
  });

  it('keeps the permissions of the file it replaces', function () {
    // Windows keeps no such permissions.
    if (process.platform === 'win32') this.skip();
    const { folder, remove } = temporaryFolder();
    const file = path.join(folder, '.env');
    writeFileWhole(file, 'A=1');
    chmodSync(file, 0o600);
    writeFileWhole(file, 'A=2');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    remove();
  });
});

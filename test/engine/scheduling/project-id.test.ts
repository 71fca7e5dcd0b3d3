import * as assert from 'node:assert/strict';
import { cpSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureProjectId, readProjectId } from '../../../src/engine/scheduling/project-id.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe("A project's id", () => {
  const { folder, remove } = temporaryFolder();
  const at = (name: string) => path.join(folder, name);
  after(remove);

  it('is given once and stays, also when the project is moved', () => {
    assert.equal(readProjectId(at('first')), null);
    const id = ensureProjectId(at('first'));
    assert.equal(ensureProjectId(at('first')), id);
    renameSync(at('first'), at('second'));
    assert.equal(readProjectId(at('second')), id);
    assert.equal(ensureProjectId(at('second')), id);
  });

  it('is the same through a link', () => {
    const id = ensureProjectId(at('linked'));
    symlinkSync(at('linked'), at('link'));
    assert.equal(ensureProjectId(at('link')), id);
    assert.equal(readProjectId(at('linked')), id);
  });

  it('is another one in a copy, so that a copy never takes the schedules of the original away', () => {
    const id = ensureProjectId(at('original'));
    cpSync(at('original'), at('copy'), { recursive: true });
    assert.equal(readProjectId(at('copy')), null);
    assert.notEqual(ensureProjectId(at('copy')), id);
    assert.equal(ensureProjectId(at('original')), id);
  });

  it('that cannot be read is told, and not replaced', () => {
    ensureProjectId(at('broken'));
    writeFileSync(at('broken/.gnu-mlops/project.json'), '{');
    assert.throws(() => ensureProjectId(at('broken')), { reason: 'invalid-config', message: /holds no project id/ });
  });
});

import * as assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { isAlive, ownerTag, ownIdentity, parseOwner } from '../../../src/engine/support/process-identity.ts';

describe('A process identity', () => {
  it('of this process is alive', () => {
    assert.equal(isAlive(ownIdentity()), true);
    assert.equal(ownIdentity().pid, process.pid);
  });

  it('is dead after the process has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const identity = { ...ownIdentity(), pid: child.pid!, start: '' };
    assert.equal(isAlive(identity), true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(isAlive(identity), false);
  });

  it('is dead when its number was given to another process', function () {
    // Windows does not tell when a process began.
    if (process.platform === 'win32') this.skip();
    assert.equal(isAlive({ ...ownIdentity(), start: '1' }), false);
  });

  it('is dead after the host was started again, and unknown on another host', () => {
    assert.equal(isAlive({ ...ownIdentity(), boot: 'before' }), false);
    assert.equal(isAlive({ ...ownIdentity(), host: 'elsewhere' }), 'unknown');
  });

  it('is the same for everybody who looks', function () {
    // Only /proc tells others exactly what it tells the process itself.
    if (process.platform !== 'linux') this.skip();
    const source = new URL('../../../src/engine/support/process-identity.ts', import.meta.url).href;
    const code = `import(${JSON.stringify(source)}).then((m) => process.stdout.write(String(m.isAlive(${ownerTag()}))))`;
    assert.equal(spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' }).stdout, 'true');
  });

  it('survives as a tag, and nothing else is taken for one', () => {
    assert.deepEqual(parseOwner(ownerTag()), ownIdentity());
    for (const tag of [undefined, '', 'me', '{}', '{"host":1,"boot":"","pid":1,"start":""}', 'null']) {
      assert.equal(parseOwner(tag), null);
    }
  });
});

import * as assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { LeaseStore } from '../../../src/engine/support/leases.ts';
import { ownIdentity } from '../../../src/engine/support/process-identity.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe('A lease', () => {
  let remove: () => void;
  let file: string;
  let stores: LeaseStore[];

  beforeEach(() => {
    const made = temporaryFolder();
    remove = made.remove;
    file = path.join(made.folder, 'state.db');
    stores = [];
  });

  afterEach(() => {
    for (const store of stores) store.close();
    remove();
  });

  const open = (self = ownIdentity()) => {
    const store = new LeaseStore(file, self);
    stores.push(store);
    return store;
  };
  const elsewhere = { host: 'build-7', boot: 'b', pid: 42, start: '1' };
  const isHeld = (error: unknown): boolean => EngineError.is(error, 'lock-held');

  it('is held by one at a time, also within a process', () => {
    const lease = open().acquire('train:x');
    assert.equal(lease.takenFrom, null);
    assert.throws(() => open().acquire('train:x'), isHeld);
    assert.ok(open().acquire('train:y'));
    lease.release();
    lease.release();
    assert.ok(open().acquire('train:x'));
  });

  it('names its holder and since when', () => {
    open(elsewhere).acquire('train:x', new Date('2026-01-02T03:04:05Z'));
    assert.throws(
      () => open().acquire('train:x', new Date('2026-01-02T03:05:00Z')),
      (error: EngineError) => {
        assert.match(error.message, /train:x is held by process 42 on build-7 since 2026-01-02T03:04:05.000Z/);
        assert.ok(error.details.fix);
        return isHeld(error);
      },
    );
  });

  it('of another host is taken over after two minutes without a heartbeat', () => {
    const start = Date.UTC(2026, 0, 1);
    const lost = open(elsewhere).acquire('batch', new Date(start));
    lost.renew(new Date(start + 60_000));
    assert.throws(() => open().acquire('batch', new Date(start + 179_000)), isHeld);
    const taken = open().acquire('batch', new Date(start + 181_000));
    assert.equal(taken.takenFrom?.host, 'build-7');
    assert.throws(() => lost.renew(new Date(start + 182_000)), isHeld);
    lost.release();
    assert.throws(() => open().acquire('batch', new Date(start + 183_000)), isHeld);
  });

  it('is given back when the store is closed', () => {
    const store = open();
    store.acquire('a');
    store.close();
    assert.equal(open().holder('a'), null);
  });

  it('of a killed process is taken over at once', async () => {
    const source = new URL('../../../src/engine/support/leases.ts', import.meta.url).href;
    const code = `const { LeaseStore } = await import(${JSON.stringify(source)});
      new LeaseStore(${JSON.stringify(file)}).acquire('batch:in');
      console.log('held'); setInterval(() => {}, 1000);`;
    const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    assert.throws(() => open().acquire('batch:in'), isHeld);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(open().acquire('batch:in').takenFrom?.pid, child.pid);
  });

  it('is won by exactly one of many that try at once', () => {
    open(elsewhere).acquire('a', new Date(0));
    const now = new Date(500_000);
    const wins = Array.from({ length: 8 }, () => open()).filter((store) => {
      try {
        store.acquire('a', now);
        return true;
      } catch (error) {
        if (isHeld(error)) return false;
        throw error;
      }
    });
    assert.equal(wins.length, 1);
  });
});

import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type LogEntry, OperationLog } from '../../../src/engine/support/operation-log.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const startedAt = new Date('2026-11-25T01:02:03.456Z');

describe('The log of an operation', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  const open = (onEntry?: (entry: LogEntry) => void) =>
    new OperationLog({
      folder: path.join(folder, 'logs'),
      operation: 'train',
      startedAt,
      clock: () => startedAt,
      redact: (text) => text.replaceAll('hunter22', '***'),
      onEntry,
    });

  it('is written twice, for people and for programs, named after operation and time', () => {
    const log = open();
    log.write('info', 'Run started.', { run_id: 'r1' });
    log.write('error', 'It failed.');
    const [lines, text] = readdirSync(path.join(folder, 'logs')).sort();
    assert.match(text!, /^train-20261125T010203Z-[0-9a-f]{6}\.log$/);
    assert.equal(lines, text!.replace(/log$/, 'jsonl'));
    const people = readFileSync(path.join(folder, 'logs', text!), 'utf8');
    assert.equal(
      people,
      '2026-11-25T01:02:03.456Z INFO    [r1] Run started.\n2026-11-25T01:02:03.456Z ERROR   [r1] It failed.\n',
    );
    const [first] = readFileSync(path.join(folder, 'logs', lines!), 'utf8').split('\n');
    assert.deepEqual(JSON.parse(first!), {
      time: startedAt.toISOString(),
      level: 'info',
      operation: 'train',
      message: 'Run started.',
      run_id: 'r1',
      pid: process.pid,
      log: /-([0-9a-f]{6})\.log$/.exec(text!)![1],
    });
  });

  it('holds no secret, neither in messages nor in facts, and hands none on', () => {
    const entries: LogEntry[] = [];
    open((entry) => entries.push(entry)).write('warning', 'bad hunter22', { nested: { password: 'hunter22' } });
    for (const file of readdirSync(path.join(folder, 'logs'))) {
      assert.doesNotMatch(readFileSync(path.join(folder, 'logs', file), 'utf8'), /hunter22/);
    }
    assert.deepEqual([entries[0]!.message, entries[0]!.nested], ['bad ***', { password: '***' }]);
  });

  it('that cannot be written does not stop the work it describes', () => {
    writeFileSync(path.join(folder, 'logs'), 'a file where the folder should be');
    const entries: LogEntry[] = [];
    const log = open((entry) => entries.push(entry));
    log.write('info', 'one');
    log.write('info', 'two');
    assert.deepEqual(
      entries.map(({ message }) => message),
      ['one', 'two'],
    );
  });
});

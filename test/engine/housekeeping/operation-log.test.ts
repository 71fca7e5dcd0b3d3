import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { redact } from '../../../src/engine/config/secrets.ts';
import { listLogSummaries, readLogs } from '../../../src/engine/housekeeping/logs.ts';
import { filesOf, listLogs } from '../../../src/engine/support/log-files.ts';
import { type LogEntry, OperationLog, type OperationLogOptions } from '../../../src/engine/support/operation-log.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const START = new Date('2026-11-25T21:00:00.123Z');
const RUN = 'c0ffee'.padEnd(32, '0');

describe('The log of an operation', () => {
  let base: string;
  let logs: string;
  let remove: () => void;

  beforeEach(() => {
    const made = temporaryFolder();
    base = made.folder;
    logs = path.join(base, 'logs');
    remove = made.remove;
  });
  afterEach(() => remove());

  function open(options: Partial<OperationLogOptions> = {}): OperationLog {
    const startedAt = options.startedAt ?? START;
    const redactValue = (text: string) => redact(text, ['hunter"2\\secret', 'canary-7']);
    return new OperationLog({
      ...{ folder: logs, operation: 'batch', startedAt, clock: () => startedAt, redact: redactValue },
      ...options,
    });
  }

  function lines(log: OperationLog): LogEntry[] {
    return readFileSync(`${log.stem}.jsonl`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LogEntry);
  }

  it('carries the id of the log in each line, and that of the run from the first line on that names it', () => {
    const log = open();
    log.write('info', 'Looking for inputs.');
    log.write('info', 'Batch began.', { run_id: RUN });
    log.write('warning', 'One row was refused.');
    const id = log.stem.slice(-6);
    assert.deepEqual(
      lines(log).map((line) => [line.log, line.run_id]),
      [
        [id, undefined],
        [id, RUN],
        [id, RUN],
      ],
    );
    const readable = readFileSync(`${log.stem}.log`, 'utf8').trim().split('\n');
    assert.deepEqual(readable, [
      `2026-11-25T21:00:00.123Z INFO    [${id}] Looking for inputs.`,
      '2026-11-25T21:00:00.123Z INFO    [c0ffee00] Batch began.',
      '2026-11-25T21:00:00.123Z WARNING [c0ffee00] One row was refused.',
    ]);
  });

  it('takes the event of a deployment for its run', () => {
    const log = open({ operation: 'deploy' });
    log.write('info', 'Version 2 moves.', { event_id: RUN });
    assert.equal(lines(log)[0]?.run_id, RUN);
  });

  it('removes secrets by their value, also those that JSON writes differently', () => {
    const log = open();
    log.write('info', 'sent hunter"2\\secret away', { nested: [{ text: 'a canary-7' }], 'canary-7': 1 });
    for (const file of readdirSync(logs)) {
      const text = readFileSync(path.join(logs, file), 'utf8');
      assert.doesNotMatch(text, /hunter|canary/);
    }
    assert.equal(lines(log)[0]?.message, 'sent *** away');
  });

  it('removes secrets by the name beside them, whatever they are, and leaves the rest as it is', () => {
    const log = open();
    const message = [
      'PUT https://u:pw1@host/a?sig=pw2&part=3&access_token=pw3 failed,',
      'SMTP_PASSWORD="pw 4" api-key=pw5, key=metric {"client_secret": "pw6"} Authorization: Bearer pw7pw7pw7',
    ].join(' ');
    log.write('error', message, { headers: { authorization: 'pw8', host: 'h' }, password: 91234, token: ['pw9'] });
    const [line] = lines(log);
    assert.doesNotMatch(JSON.stringify(line), /pw\d|91234/);
    assert.match(line!.message, /https:\/\/\*\*\*@host\/a\?sig=\*\*\*&part=3&access_token=\*\*\* failed/);
    assert.match(line!.message, /key=metric/);
    assert.deepEqual(line?.headers, { authorization: '***', host: 'h' });
  });

  it('does not let a message pretend to be another line', () => {
    const log = open();
    log.write('info', 'file a\n2026-11-25T21:00:00.123Z ERROR   forged\u001b[31m');
    const readable = readFileSync(`${log.stem}.log`, 'utf8');
    assert.match(readable, /\n {4}2026-11-25T21:00:00\.123Z ERROR {3}forged\\u001b\[31m\n$/);
  });

  it('goes on in a new part when one is full, and keeps the first and the newest', () => {
    const log = open({ partBytes: 400 });
    for (let i = 1; i <= 60; i++) log.write('info', `line ${i}`, { run_id: RUN });
    const [file] = listLogs(logs);
    assert.equal(file?.parts[0], 1);
    assert.equal(file?.parts.length, 10);
    assert.equal(filesOf(file!).length, 20);
    const entries = readLogs(base, RUN.slice(0, 8)).entries.map(({ message }) => message);
    assert.deepEqual([entries[0], entries.at(-1)], ['line 1', 'line 60']);
    assert.ok(entries.length < 60);
    assert.equal(listLogSummaries(base).logs.length, 1);
  });

  it('takes many lines at once as it takes them one by one', () => {
    const lines = Array.from({ length: 60 }, (_, i) => ({
      level: i === 30 ? ('error' as const) : ('info' as const),
      message: `line ${i}`,
      facts: { run_id: RUN },
    }));
    const seen: string[] = [];
    const [one, many] = [
      open({ partBytes: 400 }),
      open({ partBytes: 400, onEntry: ({ message }) => seen.push(message) }),
    ];
    for (const { level, message, facts } of lines) one.write(level, message, facts);
    many.writeAll(lines);
    const idOf = (stem: string) => stem.split('-').at(-1)!;
    const textsOf = ({ stem }: { stem: string }) => {
      const names = readdirSync(logs).filter((name) => name.startsWith(`${path.basename(stem)}.`));
      return names.sort().map((name) => {
        const text = readFileSync(path.join(logs, name), 'utf8');
        return [name, text].join('\n').replaceAll(idOf(stem), 'ID');
      });
    };
    assert.equal(textsOf(many).length, 20);
    assert.deepEqual(textsOf(many), textsOf(one));
    assert.deepEqual(
      seen,
      lines.map(({ message }) => message),
    );
  });

  it('removes old logs once a day when a new one begins, and no other file', () => {
    const day = (n: number) => new Date(START.getTime() + n * 86_400_000);
    const begin = (n: number) => {
      const log = open({ startedAt: day(n), retentionDays: 3, partBytes: 200 });
      for (let i = 0; i < 4; i++) log.write('info', `day ${n}`);
      return log;
    };
    writeFileSync(path.join(base, 'mine.log'), '');
    const first = begin(0);
    begin(2);
    writeFileSync(path.join(logs, 'notes.txt'), 'kept');
    begin(3.5);
    assert.equal(existsSync(`${first.stem}.log`), false);
    assert.equal(existsSync(`${first.stem}.2.jsonl`), false);
    assert.deepEqual(
      listLogs(logs).map(({ startedAt }) => startedAt),
      [day(3.5), day(2)].map((time) => Math.floor(time.getTime() / 1000) * 1000),
    );
    assert.ok(existsSync(path.join(logs, 'notes.txt')));
    const backAgain = begin(2.9);
    assert.ok(existsSync(`${backAgain.stem}.log`), 'a clock that was set back stops nothing');
  });

  it('is listed with its run and its worst line, and read from a level on', () => {
    open({ operation: 'train', startedAt: new Date(START.getTime() - 60_000) }).write('info', 'fine', { run_id: RUN });
    const log = open();
    log.write('info', 'began');
    log.write('error', 'broke');
    assert.deepEqual(
      listLogSummaries(base).logs.map(({ operation, run_id, level, lines }) => [operation, run_id, level, lines]),
      [
        ['batch', null, 'error', 2],
        ['train', RUN, 'info', 1],
      ],
    );
    assert.deepEqual(listLogSummaries(base, undefined, 'warning').logs.length, 1);
    assert.deepEqual(
      readLogs(base, 'batch', 'warning').entries.map(({ message }) => message),
      ['broke'],
    );
    assert.throws(() => readLogs(base, 'retrain'), /No log tells of "retrain"/);
  });
});

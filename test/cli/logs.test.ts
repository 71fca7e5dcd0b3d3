import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LogListResult, LogsResult } from '../../src/engine/index.ts';
import { OperationLog } from '../../src/engine/support/operation-log.ts';
import { exampleProject, startCommand, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

describe('gnu-mlops logs', () => {
  let project: TemporaryProject;

  before(() => {
    project = exampleProject();
  });
  after(() => project.remove());

  function begin(operation: string): OperationLog {
    const now = new Date();
    const folder = path.join(project.folder, 'logs');
    return new OperationLog({ folder, operation, startedAt: now, clock: () => now, redact: (text) => text });
  }

  it('says so when there is none yet', async () => {
    const { error } = parseDocument<ErrorDocument>(await project.run('logs', '--json'), 'error');
    assert.equal(error.reason, 'not-found');
    const list = parseDocument<LogListResult>(await project.run('logs', '--list', '--json'), 'logs');
    assert.deepEqual(list.logs, []);
  });

  it('lists them, and shows one from a level on', async () => {
    const log = begin('batch');
    log.write('info', 'began', { run_id: 'b'.repeat(32) });
    log.write('error', 'night.csv: row 3 is ragged');
    const list = parseDocument<LogListResult>(await project.run('logs', '--list', '--json'), 'logs');
    assert.deepEqual(
      list.logs.map(({ operation, level, run_id }) => [operation, level, run_id]),
      [['batch', 'error', 'b'.repeat(32)]],
    );
    const one = parseDocument<LogsResult>(await project.run('logs', 'bbbb', '--level', 'error', '--json'), 'logs');
    assert.deepEqual(
      one.entries.map(({ message }) => message),
      ['night.csv: row 3 is ragged'],
    );
    const { stdout } = await project.run('logs', '--list');
    assert.match(stdout, /batch +error +2 +bbbbbbbb +logs\/batch-/);
  });

  it('takes no level that does not exist, and no document of what goes on', async () => {
    assert.equal((await project.run('logs', '--level', 'loud')).code, 2);
    const { error } = parseDocument<ErrorDocument>(await project.run('logs', '--follow', '--json'), 'error');
    assert.equal(error.reason, 'usage');
  });

  it('follows a log while it is written, goes over to the next one, and ends at Ctrl-C', async () => {
    const child = startCommand(['logs', 'retrain', '--follow'], { cwd: project.folder });
    let shown = '';
    const seen = async (text: string) => {
      while (!shown.includes(text)) await once(child.stdout!, 'data');
    };
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    const first = begin('retrain');
    first.write('info', 'due since Monday');
    await seen('due since Monday');
    first.write('warning', 'fifth fold is slow');
    await seen('fifth fold is slow');
    const other = path.join(project.folder, 'logs/batch-20990101T000000Z-abcdef.jsonl');
    mkdirSync(path.dirname(other), { recursive: true });
    writeFileSync(other, '{"time":"x","level":"info","message":"another operation"}\n');
    const later = new Date(Date.now() + 60_000);
    const next = new OperationLog({
      folder: path.join(project.folder, 'logs'),
      ...{ operation: 'retrain', startedAt: later, clock: () => later, redact: (text: string) => text },
    });
    next.write('info', 'the next firing');
    await seen('the next firing');
    assert.doesNotMatch(shown, /another operation/);
    assert.ok(existsSync(`${next.stem}.log`));
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 0);
  });
});

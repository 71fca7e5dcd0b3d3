import * as assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { FileStore } from '../../../src/engine/tracking/files/store.ts';
import { SqliteConnection } from '../../../src/engine/tracking/sqlite/connection.ts';
import type { Run } from '../../../src/engine/tracking/store.ts';
import { temporaryFolder } from './temporary-store.ts';

const PATIENCE_MS = 1500;
const RUN = '0123456789abcdef0123456789abcdef';

describe('A store of plain files', () => {
  const { folder, remove } = temporaryFolder();
  const root = path.join(folder, 'mlruns');
  const run = path.join(root, '0', RUN);
  let store: FileStore;

  /** A run that has ended. */
  before(() => {
    write(path.join(root, '0/meta.yaml'), 'experiment_id: "0"\nname: Default\nlifecycle_stage: active\n');
    write(path.join(run, 'meta.yaml'), metaOf('active'));
    write(path.join(run, 'tags/mlflow.note.content'), 'good');
    write(path.join(run, 'metrics/loss'), '1 0.5 0\n');
    write(path.join(run, 'params/depth'), '3');
    store = new FileStore(root);
  });

  after(async () => {
    await store.close();
    remove();
  });

  const metaOf = (stage: string) =>
    `run_id: ${RUN}\nrun_name: r\nstatus: 3\nstart_time: 1\nend_time: 2\nlifecycle_stage: ${stage}\nartifact_uri: x\n`;

  function write(file: string, text: string): void {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  const runs = async (): Promise<Run[]> => (await store.searchRuns({ experimentIds: ['0'] })).runs;

  /** Reads until what was changed is seen. */
  const becomes = (isTrue: (found: Run[]) => boolean) => until(async () => isTrue(await runs()));

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await isSo())) {
      assert.ok(Date.now() < deadline, 'it is not seen');
      await nextTurn();
    }
  }

  const CHANGES: [string, () => void, (found: Run[]) => boolean][] = [
    [
      'another text for a tag',
      () => write(path.join(run, 'tags/mlflow.note.content'), 'bad'),
      ([one]) => one?.tags['mlflow.note.content'] === 'bad',
    ],
    ['a new tag', () => write(path.join(run, 'tags/team'), 'ops'), ([one]) => one?.tags.team === 'ops'],
    [
      'a tag that goes',
      () => rmSync(path.join(run, 'tags/team')),
      ([one]) => one !== undefined && !('team' in one.tags),
    ],
    [
      'one more value',
      () => appendFileSync(path.join(run, 'metrics/loss'), '2 0.25 1\n'),
      ([one]) => one?.metrics.loss === 0.25,
    ],
    ['its deletion', () => write(path.join(run, 'meta.yaml'), metaOf('deleted')), (found) => found.length === 0],
    ['its return', () => write(path.join(run, 'meta.yaml'), metaOf('active')), (found) => found.length === 1],
    ['its removal by mlflow gc', () => rmSync(run, { recursive: true }), (found) => found.length === 0],
  ];

  for (const [what, change, isSeen] of CHANGES) {
    it(`shows of a run that has ended: ${what}`, async () => {
      await becomes((found) => !isSeen(found));
      const before = await store.changeToken();
      change();
      await becomes(isSeen);
      assert.notEqual(await store.changeToken(), before);
    });
  }

  it('is read into memory once for all who read at the same time, and leaves nothing open', async () => {
    const { write: realWrite, close: realClose } = SqliteConnection.prototype;
    const opened = new Set<SqliteConnection>();
    const closed = new Set<SqliteConnection>();
    SqliteConnection.prototype.write = function <T>(this: SqliteConnection, body: () => T) {
      opened.add(this);
      return realWrite.call(this, body) as Promise<T>;
    };
    SqliteConnection.prototype.close = function (this: SqliteConnection) {
      closed.add(this);
      realClose.call(this);
    };
    try {
      const busy = new FileStore(root);
      write(path.join(root, '7/meta.yaml'), 'experiment_id: "7"\nname: seven\nlifecycle_stage: active\n');
      await Promise.all([busy.listExperiments(), busy.listModels(), busy.findExperiment('seven')]);
      assert.equal(opened.size, 1);
      write(path.join(root, '8/meta.yaml'), 'experiment_id: "8"\nname: eight\nlifecycle_stage: active\n');
      await until(async () => (await Promise.all([busy.findExperiment('eight'), busy.listModels()]))[0] !== null);
      await busy.close();
      assert.equal(opened.size, 2);
      assert.deepEqual(closed, opened);
    } finally {
      Object.assign(SqliteConnection.prototype, { write: realWrite, close: realClose });
    }
  });

  it('is a folder: a file is refused with how a database is named, as is what lies below a file', () => {
    const file = path.join(folder, 'mlflow.db');
    write(file, 'SQLite format 3');
    for (const place of [file, path.join(file, 'mlruns'), path.join(folder, 'nowhere')]) {
      const refused = (error: unknown) =>
        EngineError.is(error, 'invalid-store') && /sqlite:\/\/\/mlflow\.db/.test(String(error.details.fix));
      assert.throws(() => new FileStore(place), refused);
    }
  });

  it('tells what of it could not be read', async () => {
    const broken = path.join(folder, 'broken');
    const at = (...parts: string[]) => path.join(broken, ...parts);
    const runAt = (id: string, ...parts: string[]) => at('5', id.repeat(32), ...parts);
    write(at('5/meta.yaml'), 'experiment_id: "5"\nname: five\nlifecycle_stage: active\n');
    write(at('5/tags/team'), 'ops');
    write(runAt('a', 'meta.yaml'), metaOf('active'));
    write(runAt('a', 'metrics/loss'), '1 0.5 0\n2\n3 0.4 2\n4');
    write(runAt('b', 'meta.yaml'), 'run_id: [cut off');
    write(runAt('c', 'params/depth'), '3');
    write(runAt('d', 'meta.yaml'), 'run_name: nobody\n');
    mkdirSync(runAt('e', 'meta.yaml'), { recursive: true });
    symlinkSync(runAt('a'), runAt('f'));
    write(at('6/tags/team'), 'ops');
    write(at('models/churn/version-1/meta.yaml'), 'name: churn\nversion: 1\n');
    write(at('models/fraud/meta.yaml'), 'name: fraud\n');
    write(at('models/fraud/version-1/meta.yaml'), '');
    const opened = new FileStore(broken);
    const { losses = [], notices = [] } = await opened.describe();
    await opened.close();
    assert.equal(losses.length, 1);
    assert.ok(notices.includes(losses[0]!));
    for (const [place, why] of [
      [runAt('a', 'metrics/loss'), 'line 2 is no value'],
      [runAt('b', 'meta.yaml'), 'Flow sequence'],
      [runAt('c', 'meta.yaml'), 'missing'],
      [runAt('d', 'meta.yaml'), 'without run_id'],
      [runAt('e', 'meta.yaml'), 'EISDIR'],
      [runAt('f'), 'a link'],
      [at('6/meta.yaml'), 'missing'],
      [at('models/churn/meta.yaml'), 'missing'],
      [at('models/fraud/version-1/meta.yaml'), 'without version'],
    ] as const) {
      assert.ok(losses[0]!.includes(`${place} (${why}`), `${place} in ${losses[0]}`);
    }
    assert.equal(losses[0]!.split('), ').length, 9);
  });

  it('need not have an experiment of the number 0, nor models', async () => {
    const moved = path.join(folder, 'moved');
    write(path.join(moved, '5/meta.yaml'), 'experiment_id: "5"\nname: five\nlifecycle_stage: active\n');
    const opened = new FileStore(moved);
    assert.deepEqual((await opened.describe()).losses, []);
    assert.equal((await opened.findExperiment('five'))?.experimentId, '5');
    await opened.close();
    assert.throws(() => new FileStore(path.join(folder, 'nowhere')), /no store of MLflow's/);
  });
});

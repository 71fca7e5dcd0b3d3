import * as assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { networkFileSystem, refuseNetworkFileSystem } from '../../../src/engine/tracking/sqlite/file-system.ts';
import { openSqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { rejects, storeContract } from './store-contract.ts';
import { temporaryFolder, temporaryStore } from './temporary-store.ts';

storeContract('SqliteStore', () => temporaryStore());

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/contract');

/** A database as Python leaves it: MLflow's own schema, without our table. */
function pythonStore(file: string, dump = '0584bdc529eb-mlflow-2.22.5.sql'): void {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA foreign_keys = OFF');
  database.exec(readFileSync(path.join(fixtures, dump), 'utf8'));
  database.exec(
    "INSERT INTO experiments VALUES (0, 'Default', '/srv/mlruns/0', 'active', 1, 1)".replace(
      'experiments VALUES',
      'experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time) VALUES',
    ),
  );
  database.close();
}

describe('A SQLite store', () => {
  let folder: string;
  let remove: () => void;

  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
  });

  afterEach(() => remove());

  const file = () => path.join(folder, 'mlflow.db');
  const open = (options = {}) => openSqliteStore({ path: file(), lockWaitMs: 300, ...options });
  const copies = () => readdirSync(folder).filter((name) => name.includes('before-gnu-mlops'));

  it('lies where the URI says', async () => {
    const relative = await openSqliteStore({ uri: 'sqlite:///here.db', baseDir: folder });
    assert.equal(relative.file, path.join(folder, 'here.db'));
    await relative.close();
    const absolute = await openSqliteStore({ uri: `sqlite:///${folder}/there.db`, baseDir: '/' });
    assert.equal(absolute.file, path.join(folder, 'there.db'));
    await absolute.close();
    await rejects(openSqliteStore({ uri: 'sqlite://', baseDir: folder }), 'usage');
    await rejects(openSqliteStore({ uri: 'sqlite:///:memory:', baseDir: folder }), 'usage');
  });

  it('keeps artifacts at absolute paths under its root', async () => {
    const store = await open({ artifactRoot: path.join(folder, 'mlruns') });
    const experiment = await store.ensureExperiment('mine');
    assert.equal(experiment.artifactLocation, path.join(folder, 'mlruns', experiment.experimentId));
    const run = await store.createRun({ experimentId: experiment.experimentId, name: 'r', userId: 'u', startTime: 1 });
    assert.equal(run.artifactUri, `${experiment.artifactLocation}/${run.runId}/artifacts`);
    await store.close();
  });

  it('is made once when two are opened at the same time', async () => {
    const stores = await Promise.all([open(), open()]);
    assert.equal((await stores[0]!.listExperiments()).length, 1);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('is made in a file that a killed creation left empty', async () => {
    writeFileSync(file(), '');
    const store = await open();
    assert.equal((await store.listExperiments()).length, 1);
    await store.close();
  });

  it('is made by the next when the process that made it was killed half-way', async () => {
    const code = `const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(process.argv[1]);
      database.exec('PRAGMA cache_size = 1; PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE');
      database.exec(require('node:fs').readFileSync(process.argv[2], 'utf8'));
      process.kill(process.pid, 'SIGKILL');`;
    const dump = path.join(fixtures, '0584bdc529eb-mlflow-2.22.5.sql');
    assert.equal(spawnSync(process.execPath, ['-e', code, file(), dump]).signal, 'SIGKILL');
    assert.ok(existsSync(`${file()}-journal`), 'Nothing was left half done: the test proves nothing.');
    const store = await open();
    assert.deepEqual((await store.describe()).notices, []);
    assert.equal((await store.listExperiments()).length, 1);
    await store.close();
  });

  it('is made once by processes that start at the same time', async function () {
    this.timeout(20_000);
    const module = new URL('../../../src/engine/tracking/sqlite/store.ts', import.meta.url).href;
    const code = `const { openSqliteStore } = await import(${JSON.stringify(module)});
      const store = await openSqliteStore({ path: process.argv[1] });
      await store.ensureExperiment('both');
      await store.close();`;
    const start = () => spawn(process.execPath, ['--input-type=module', '-e', code, file()], { stdio: 'inherit' });
    const codes = await Promise.all([start(), start(), start()].map((child) => once(child, 'close')));
    assert.deepEqual(
      codes.map(([exitCode]) => exitCode),
      [0, 0, 0],
    );
    const store = await open();
    assert.deepEqual(
      (await store.listExperiments()).map((experiment) => experiment.name),
      ['Default', 'both'],
    );
    await store.close();
  });

  it('is not made by reading', async () => {
    await rejects(open({ readOnly: true }), 'not-found');
    assert.equal(existsSync(file()), false);
  });

  it('refuses to write when it was opened for reading', async () => {
    await (await open()).close();
    const store = await open({ readOnly: true });
    assert.equal((await store.listExperiments()).length, 1);
    await rejects(store.ensureExperiment('new'), 'store-read-only');
    await store.close();
  });

  it('says that a file is no database and what to do', async () => {
    writeFileSync(file(), 'name,age\nAda,36\n'.repeat(100));
    const error = await rejects(open(), 'invalid-store');
    assert.ok(error.message.includes(file()) && error.details.fix, error.message);
  });

  it('says that a database is not one of MLflow', async () => {
    const database = new DatabaseSync(file());
    database.exec('CREATE TABLE songs (title TEXT)');
    database.close();
    assert.match((await rejects(open(), 'invalid-store')).message, /not one of MLflow/);
  });

  it('says that a folder is missing, or is a folder', async () => {
    assert.match(
      (await rejects(open({ path: path.join(folder, 'no/mlflow.db') }), 'invalid-store')).message,
      /does not exist/,
    );
    mkdirSync(file());
    assert.match((await rejects(open(), 'invalid-store')).message, /is a folder/);
  });

  it('refuses a schema from before MLflow 2.9', async () => {
    pythonStore(file());
    const database = new DatabaseSync(file());
    database.exec('ALTER TABLE model_versions DROP COLUMN storage_location');
    database.close();
    const error = await rejects(open(), 'invalid-store');
    assert.match(error.message, /older than 2\.9/);
    assert.match(error.details.fix!, /mlflow db upgrade/);
  });

  it('only reads a schema from before MLflow 2.22, and says what migrates it', async () => {
    pythonStore(file());
    const database = new DatabaseSync(file());
    database.exec("UPDATE alembic_version SET version_num = 'acf3f17fdcc7'");
    database.close();
    const store = await open();
    assert.match((await store.describe()).notices!.join(), /only read.*newer Python that opens it migrates it/);
    assert.equal((await store.listExperiments())[0]!.name, 'Default');
    const error = await rejects(store.ensureExperiment('mine'), 'store-read-only');
    assert.match(error.details.fix!, /Copy the file, then run "mlflow db upgrade/);
    assert.deepEqual(copies(), []);
    await store.close();
  });

  it('waits for another program and then says that the store is locked', async () => {
    const store = await open();
    const other = new DatabaseSync(file());
    other.exec('BEGIN IMMEDIATE');
    await rejects(store.ensureExperiment('late'), 'store-locked');
    const pending = store.ensureExperiment('late');
    setTimeout(() => other.exec('COMMIT'), 100);
    assert.equal((await pending).name, 'late');
    other.close();
    await store.close();
  });

  it('refuses network file systems by name', () => {
    assert.equal(
      networkFileSystem(folder, () => 0x6969),
      'NFS',
    );
    assert.equal(
      networkFileSystem(folder, () => 0xff534d42 | 0),
      'SMB',
    );
    assert.equal(
      networkFileSystem(folder, () => 0x01021997),
      '9p',
    );
    assert.equal(
      networkFileSystem(folder, () => 0xef53),
      null,
    );
    assert.throws(() => refuseNetworkFileSystem(file(), () => 0x6969), /lies on NFS/);
  });

  it('keeps a copy of a store that Python made before the first change, once', async () => {
    pythonStore(file());
    const store = await open();
    assert.deepEqual(copies(), []);
    assert.match((await store.describe()).notices![0]!, /copy is kept/);
    await store.ensureExperiment('mine');
    await store.ensureExperiment('another');
    assert.equal(copies().length, 1);
    await store.close();
    const copy = new DatabaseSync(path.join(folder, copies()[0]!), { readOnly: true });
    assert.deepEqual(
      copy
        .prepare('SELECT name FROM experiments')
        .all()
        .map((row) => row.name),
      ['Default'],
    );
    assert.equal(copy.prepare("SELECT 1 FROM sqlite_master WHERE name = 'gnu_mlops_meta'").get(), undefined);
    copy.close();
  });

  it('works on the schema of MLflow 3.17 as well', async () => {
    pythonStore(file(), 'dc11669786a5-mlflow-3.17.2.sql');
    const store = await open();
    const { experimentId } = await store.ensureExperiment('mine');
    const run = await store.createRun({ experimentId, name: 'r', userId: 'u', startTime: 1 });
    const register = {
      name: 'model',
      source: `runs:/${run.runId}/model`,
      runId: run.runId,
      userId: 'u',
      tags: { a: 'b' },
    };
    await store.finishRun(run.runId, { status: 'FINISHED', endTime: 2, register });
    const event = await store.createRun({ experimentId, name: 'event', userId: 'u', startTime: 3 });
    const moves = [{ alias: 'Staging', expected: null, target: '1' }];
    const commit = {
      modelName: 'model',
      eventRunId: event.runId,
      moves,
      stageFields: {},
      versionTags: { 1: { c: 'd' } },
      endTime: 4,
    };
    assert.equal((await store.commitPromotion(commit)).status, 'committed');
    assert.deepEqual({ ...(await store.getVersion('model', '1')).tags }, { a: 'b', c: 'd' });
    await store.close();
  });

  it('goes on when Python adds columns and tables while it is open', async () => {
    const store = await open();
    await store.ensureExperiment('before');
    const python = new DatabaseSync(file());
    python.exec(`ALTER TABLE experiments ADD COLUMN workspace VARCHAR(63) DEFAULT 'default' NOT NULL;
      ALTER TABLE registered_models ADD COLUMN workspace VARCHAR(63) DEFAULT 'default' NOT NULL;
      ALTER TABLE registered_model_tags ADD COLUMN workspace VARCHAR(63) DEFAULT 'default' NOT NULL;
      ALTER TABLE registered_model_aliases ADD COLUMN workspace VARCHAR(63) DEFAULT 'default' NOT NULL;
      ALTER TABLE model_versions ADD COLUMN workspace VARCHAR(63) DEFAULT 'default' NOT NULL;
      INSERT INTO registered_models (name, workspace) VALUES ('hidden', 'other')`);
    python.close();
    await store.ensureExperiment('after');
    assert.deepEqual(
      (await store.listExperiments()).map((e) => e.name),
      ['Default', 'before', 'after'],
    );
    assert.deepEqual(await store.listModels(), []);
    await store.close();
  });

  it('hides versions that MLflow deleted but never gives their number again', async () => {
    const store = await open();
    const { experimentId } = await store.ensureExperiment('mine');
    const make = async () => {
      const { runId } = await store.createRun({ experimentId, name: 'r', userId: 'u', startTime: 1 });
      const register = { name: 'm', source: '/models/m', runId, userId: 'u' };
      return store.finishRun(runId, { status: 'FINISHED', endTime: 2, register });
    };
    await make();
    await make();
    const python = new DatabaseSync(file());
    python.exec(
      "UPDATE model_versions SET current_stage = 'Deleted_Internal', run_id = 'REDACTED-RUN-ID' WHERE version = 2",
    );
    python.close();
    assert.deepEqual(
      (await store.listVersions('m')).map((version) => version.version),
      ['1'],
    );
    await rejects(store.getVersion('m', '2'), 'not-found');
    assert.equal((await make())!.version, '3');
    await store.close();
  });

  it('finds the folders behind what servers and MLflow 3 write', async () => {
    pythonStore(file(), 'dc11669786a5-mlflow-3.17.2.sql');
    const python = new DatabaseSync(file());
    python.exec(`INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
        last_updated_timestamp_ms, status, lifecycle_stage)
      VALUES ('m-0123456789abcdef0123456789abcdef', 0, 'model', 'mlflow-artifacts:/0/models/m-01/artifacts', 1, 1, 2, 'active');
      INSERT INTO registered_models (name) VALUES ('m');
      INSERT INTO model_versions (name, version, current_stage, source) VALUES
        ('m', 1, 'None', 'models:/m-0123456789abcdef0123456789abcdef'), ('m', 2, 'None', 'file:///srv/a%20model'),
        ('m', 3, 'None', 's3://bucket/model'), ('m', 4, 'None', 'mlflow-artifacts:/../../etc/passwd')`);
    python.close();
    const store = await open({ readOnly: true });
    const versions = (await store.listVersions('m')).reverse();
    const locations = await Promise.all(versions.map((version) => store.locate(version)));
    assert.deepEqual(locations, [
      path.join(folder, 'mlartifacts/0/models/m-01/artifacts'),
      '/srv/a model',
      's3://bucket/model',
      path.join(folder, 'mlartifacts/etc/passwd'),
    ]);
    await store.close();
  });

  it('says that the file is read-only to another user', function () {
    // Only root may become another user.
    if (process.getuid?.() !== 0) this.skip();
    this.timeout(20_000);
    // The other user gets a world-readable copy of what it runs, because the project may lie in a private folder.
    const probe = path.join(folder, 'probe.mjs');
    const engine = path.join(folder, 'src');
    cpSync(path.resolve(import.meta.dirname, '../../../src/engine'), path.join(engine, 'engine'), { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(
      probe,
      `import { openSqliteStore } from '${engine}/engine/tracking/sqlite/store.ts';
       const store = await openSqliteStore({ path: process.argv[2] });
       console.log((await store.listExperiments()).length);
       await store.ensureExperiment('new').catch((error) => console.log(error.reason));`,
    );
    const run = (target: string) => {
      const result = spawnSync(process.execPath, [probe, target], { uid: 65534, gid: 65534, encoding: 'utf8' });
      return result.stdout
        .trim()
        .split('\n')
        .concat(result.stdout ? [] : [result.stderr]);
    };
    chmodSync(folder, 0o755);
    const fixed = path.join(folder, 'fixed');
    const shared = path.join(folder, 'shared');
    for (const place of [fixed, shared]) {
      mkdirSync(place);
      const database = new DatabaseSync(path.join(place, 'mlflow.db'));
      database.close();
      pythonStore(path.join(place, 'mlflow.db'));
    }
    assert.deepEqual(run(path.join(fixed, 'mlflow.db')), ['1', 'store-read-only']);
    // A file that may be written in a folder that may not: SQLite has no place for its journal.
    chownSync(path.join(shared, 'mlflow.db'), 65534, 65534);
    assert.deepEqual(run(path.join(shared, 'mlflow.db')), ['1', 'store-read-only']);
  });
});

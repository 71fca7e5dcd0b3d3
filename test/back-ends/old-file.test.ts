import * as assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runChecked } from '../../scripts/subprocess.ts';
import { openTrackingStore } from '../../src/engine/tracking/open-store.ts';
import { rejects } from '../engine/tracking/store-contract.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { type PythonEnvironment, pythonEnvironment, runPython } from '../harness/python.ts';
import { inPythonWords } from '../interop/python-words.ts';
import { requireReadable } from '../interop/read-only-commands.ts';

const client = path.join(import.meta.dirname, '../interop/store-client.py');
const MODEL = 'model';

describe('A SQLite file that MLflow 2.9.2 made', function () {
  this.timeout(180_000);
  const { folder, remove } = temporaryFolder();
  const uri = `sqlite:///${path.join(folder, 'mlflow.db')}`;
  let experimentId: string;

  // biome-ignore lint/suspicious/noExplicitAny: Python's answers have the shape that the test then asserts.
  type Answer = any;

  async function ask(python: PythonEnvironment, commands: unknown[]): Promise<Answer[]> {
    const request = path.join(folder, 'commands.json');
    writeFileSync(request, JSON.stringify(commands));
    const { code, stdout, stderr } = await runPython(python, client, [uri, request], { cwd: folder });
    assert.equal(code, 0, stderr);
    const answers = JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer[];
    for (const { error } of answers.filter(Boolean)) assert.equal(error, undefined);
    return answers;
  }

  before(async () => {
    [experimentId] = (await ask('mlflow29', [['begin', 'trials', MODEL]])) as [string];
    await ask('mlflow29', [['write', experimentId, MODEL]]);
  });

  after(remove);

  it('is read as Python reads it, and says that any newer Python migrates it', async () => {
    const [{ experiments, model }] = await ask('mlflow29', [['read', MODEL]]);
    const store = await openTrackingStore({ uri, baseDir: folder });
    const { version, notices } = await store.describe();
    assert.equal(version, 'acf3f17fdcc7');
    assert.match(notices!.join(), /only read.*newer Python that opens it migrates it and keeps no copy/);
    const { runs } = await store.searchRuns({ experimentIds: [experimentId], orderBy: ['metrics.`acc/val` DESC'] });
    assert.equal(runs.length, 7);
    for (const run of runs) assert.deepEqual(await inPythonWords(store, run), experiments.trials.runs[run.runId]);
    assert.deepEqual({ ...(await store.findModel(MODEL))!.aliases }, model.aliases);
    const [newest] = await store.listVersions(MODEL);
    assert.deepEqual([newest!.stageField, newest!.aliases], ['Staging', ['champion']]);
    await store.close();
  });

  it('is listed, filtered, compared and shown by the commands', () => requireReadable(folder, uri, MODEL));

  it('is not written, and no copy is made of it', async () => {
    const store = await openTrackingStore({ uri, baseDir: folder });
    const run = { experimentId, name: 'mine', userId: 'u', startTime: 1 };
    await rejects(store.createRun(run), 'store-read-only');
    await store.close();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('before-gnu-mlops')),
      [],
    );
  });

  it('is written once a newer MLflow has migrated it, while it was open here', async () => {
    const store = await openTrackingStore({ uri, baseDir: folder });
    assert.equal((await store.listModels()).length, 1);
    await runChecked(pythonEnvironment('mlflow2'), ['-m', 'mlflow', 'db', 'upgrade', uri], { cwd: folder });
    const run = await store.createRun({ experimentId, name: 'mine', userId: 'u', startTime: 9000 });
    await store.close();
    assert.equal(readdirSync(folder).filter((name) => name.includes('before-gnu-mlops')).length, 1);
    const [{ experiments }] = await ask('mlflow2', [['read', MODEL]]);
    assert.equal(experiments.trials.runs[run.runId].name, 'mine');
  });
});

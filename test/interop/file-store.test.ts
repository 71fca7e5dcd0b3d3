import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openTrackingStore } from '../../src/engine/tracking/open-store.ts';
import type { TrackingStore } from '../../src/engine/tracking/store.ts';
import { rejects } from '../engine/tracking/store-contract.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { type PythonEnvironment, runPython } from '../harness/python.ts';
import { inPythonWords } from './python-words.ts';
import { requireReadable } from './read-only-commands.ts';

const client = path.join(import.meta.dirname, 'store-client.py');
const MODEL = 'model';

const SEARCHES = [
  { filter: '', orderBy: ['metrics.`acc/val` DESC'] },
  { filter: 'metrics.`acc/val` > 0.15', orderBy: ['attributes.start_time ASC'] },
  { filter: "tags.team = 'ops' and params.`deep/er` != '2'", orderBy: [] },
  { filter: "attributes.status = 'FAILED'", orderBy: [] },
];

for (const python of ['mlflow2', 'mlflow3'] as PythonEnvironment[]) {
  describe(`A store of plain files (mlruns) that Python's ${python} made`, function () {
    this.timeout(120_000);
    const { folder, remove } = temporaryFolder();
    let store: TrackingStore;
    let experimentId: string;

    // biome-ignore lint/suspicious/noExplicitAny: Python's answers have the shape that the test then asserts.
    type Answer = any;

    async function ask(commands: unknown[]): Promise<Answer[]> {
      const request = path.join(folder, 'commands.json');
      writeFileSync(request, JSON.stringify(commands));
      // Since 3.7 MLflow has to be talked into its own old format.
      const env = { ...process.env, MLFLOW_ALLOW_FILE_STORE: 'true' };
      const uri = `file://${folder}/mlruns`;
      const { code, stdout, stderr } = await runPython(python, client, [uri, request], { cwd: folder, env });
      assert.equal(code, 0, stderr);
      const answers = JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer[];
      for (const { error } of answers.filter(Boolean)) assert.equal(error, undefined);
      return answers;
    }

    before(async () => {
      [experimentId] = (await ask([['begin', 'trials', MODEL]])) as [string];
      await ask([['write', experimentId, MODEL]]);
      store = await openTrackingStore({ uri: 'file:./mlruns', baseDir: folder });
    });

    after(async () => {
      await store.close();
      remove();
    });

    it('is read as Python reads it: runs, histories, datasets, versions, aliases and stages', async () => {
      const [{ experiments, model }] = await ask([['read', MODEL]]);
      const { runs } = await store.searchRuns({ experimentIds: [experimentId] });
      assert.deepEqual(runs.map(({ runId }) => runId).sort(), Object.keys(experiments.trials.runs).sort());
      for (const run of runs) assert.deepEqual(await inPythonWords(store, run), experiments.trials.runs[run.runId]);
      assert.deepEqual({ ...(await store.findModel(MODEL))!.aliases }, model.aliases);
      const versions = await store.listVersions(MODEL);
      assert.deepEqual(
        versions.map(({ version }) => version),
        Object.keys(model.versions),
      );
      for (const { version, stageField, status, runId, tags } of versions) {
        const { location, ...told } = model.versions[version];
        assert.deepEqual({ stage: stageField, status, run: runId, tags: { ...tags } }, told);
        assert.ok(location.endsWith('/artifacts/model'));
      }
    });

    it('is searched as Python searches it', async () => {
      const answers = await ask(SEARCHES.map(({ filter, orderBy }) => ['search', experimentId, filter, orderBy]));
      for (const [i, search] of SEARCHES.entries()) {
        const { runs } = await store.searchRuns({ experimentIds: [experimentId], ...search });
        assert.deepEqual(
          runs.map(({ runId }) => runId),
          answers[i],
          JSON.stringify(search),
        );
        assert.ok(runs.length > 0);
      }
    });

    it('shows what Python writes later', async () => {
      const before = await store.changeToken();
      await store.listExperiments();
      const [made] = await ask([['write', experimentId, MODEL]]);
      assert.notEqual(await store.changeToken(), before);
      assert.equal((await store.getRun(made.run)).name, 'by python');
      assert.deepEqual((await store.getVersion(MODEL, made.version)).aliases, ['champion']);
    });

    it('is listed, filtered, compared and shown by the commands', () =>
      requireReadable(folder, `file://${folder}/mlruns`, MODEL));

    it('is never written, and says how to move it', async () => {
      const { kind, notices } = await store.describe();
      assert.equal(kind, 'files');
      assert.match(notices!.join(), /gnu-mlops copy --from/);
      const run = { experimentId, name: 'no', userId: 'u', startTime: 1 };
      const error = await rejects(store.createRun(run), 'store-read-only');
      assert.match(String(error.details.fix), /sqlite:\/\/\/mlflow\.db/);
      await rejects(store.ensureExperiment('new'), 'store-read-only');
      assert.equal((await store.ensureExperiment('trials')).experimentId, experimentId);
    });
  });
}

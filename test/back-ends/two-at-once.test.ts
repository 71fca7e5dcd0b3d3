import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createDataset,
  deploy,
  info,
  openProject,
  type Project,
  repair,
  rollback,
  train,
} from '../../src/engine/index.ts';
import { EngineError } from '../../src/engine/support/errors.ts';
import { startMlflowServer } from '../harness/mlflow-server.ts';
import { runPython } from '../harness/python.ts';

const MODEL = 'gnu_mlops_model';
const VERSIONS = ['1', '2', '3'];
const TURNS = 6;

/** Logs runs and reads while others promote; at the end moves production and a stage by hand. */
const COLLEAGUE = `
import sys, mlflow
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name("crowd").experiment_id
for turn in range(15):
    run = client.create_run(experiment, run_name=f"python {turn}").info.run_id
    client.log_metric(run, "score", turn)
    client.set_terminated(run)
    assert client.get_model_version_by_alias("${MODEL}", "GNU_Production").version
    client.search_runs([experiment], "metrics.score >= 0")
print("done")
`;

const OUTSIDE = `
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
client.set_registered_model_alias("${MODEL}", "GNU_Production", sys.argv[2])
client.transition_model_version_stage("${MODEL}", sys.argv[2], "Production", archive_existing_versions=True)
`;

interface Place {
  uri: string;
  stop?: () => Promise<void>;
}

/** What several people work on at the same time. */
const PLACES: Record<string, (folder: string) => Promise<Place>> = {
  'one server': async () => startMlflowServer({ python: 'mlflow3' }),
  'one SQLite file': async (folder) => ({ uri: `sqlite:///${path.join(folder, 'mlflow.db')}` }),
  'one SQLite file that keeps a write-ahead log': async (folder) => {
    const file = path.join(folder, 'mlflow.db');
    const database = new DatabaseSync(file);
    database.exec('PRAGMA journal_mode = WAL');
    database.close();
    return { uri: `sqlite:///${file}` };
  },
};

for (const [name, start] of Object.entries(PLACES)) {
  describe(`Several people on ${name}`, function () {
    this.timeout(240_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-crowd-'));
    const configFile = path.join(folder, 'config.yaml');
    let place: Place;

    before(async () => {
      place = await start(folder);
      createDataset({ folder: path.join(folder, 'data'), rows: 300 });
      writeFileSync(
        configFile,
        `mlflow: { tracking_uri: "${place.uri}", experiment_name: crowd }
training: { cv_folds: 0 }
model: { hyperparameters: { n_estimators: 3, max_depth: 3 } }
deployment: { gates: { staging: { accuracy: 0 }, production: { accuracy: 0 } } }
`,
      );
      await withProject(async (project) => {
        for (const _ of VERSIONS) await train(project);
        for (const version of VERSIONS) {
          await deploy(project, { stage: 'Staging', version });
          await deploy(project, { stage: 'GNU_Production' });
        }
      });
    });

    after(async () => {
      await place?.stop?.();
      rmSync(folder, { recursive: true, force: true });
    });

    async function withProject<T>(use: (project: Project) => Promise<T>): Promise<T> {
      const project = await openProject({ configFile, env: {} });
      try {
        return await use(project);
      } finally {
        await project.close();
      }
    }

    /** Puts other versions into production, again and again; how often somebody else was faster. */
    function person(seed: number): Promise<number> {
      return withProject(async (project) => {
        let overtaken = 0;
        for (let turn = 0; turn < TURNS; turn++) {
          const toVersion = VERSIONS[(seed + turn) % VERSIONS.length]!;
          await rollback(project, { toVersion }).catch((error) => {
            if (!EngineError.is(error, 'conflict') && !EngineError.is(error, 'usage')) throw error;
            overtaken++;
          });
        }
        return overtaken;
      });
    }

    const holderOf = async ({ store }: Project) => (await store.findModel(MODEL))?.aliases.GNU_Production;

    it('leave production never empty, and a history that tells who was overtaken', async () => {
      let isOver = false;
      const seen: (string | undefined)[] = [];
      const watch = withProject(async (project) => {
        while (!isOver) {
          seen.push(await holderOf(project));
          await delay(5);
        }
      });
      const colleague = runPython('mlflow3', COLLEAGUE, [place.uri], { cwd: folder });
      const overtaken = await Promise.all([person(0), person(1), person(2)]);
      const { code, stderr } = await colleague;
      isOver = true;
      await watch;
      assert.equal(code, 0, stderr);
      assert.ok(seen.length > 20 && seen.every((version) => VERSIONS.includes(version!)), seen.join());
      await withProject(async (project) => {
        await project.recover();
        const { history, stages, changed_outside } = await info(project, { history: true });
        const statuses = new Set(history.map(({ status }) => status));
        assert.ok(
          [...statuses].every((status) => ['FINISHED', 'FAILED'].includes(status)),
          [...statuses].join(),
        );
        console.log(`      ${seen.length} looks at production, ${overtaken.join(' + ')} turns overtaken or pointless`);
        const last = history.find(({ to, status }) => to === 'GNU_Production' && status === 'FINISHED');
        assert.equal(last?.version, stages.GNU_Production?.version);
        assert.deepEqual(changed_outside, []);
        const versions = await project.store.listVersions(MODEL);
        assert.deepEqual(
          versions.filter(({ stageField }) => stageField === 'Production').map(({ version }) => version),
          [stages.GNU_Production?.version],
        );
      });
    });

    it('see what Python moved as changed outside, and adopt it or put it back', async () => {
      const outside = async () => {
        const before = (await withProject(holderOf))!;
        const version = VERSIONS.find((each) => each !== before)!;
        const { code, stderr } = await runPython('mlflow3', OUTSIDE, [place.uri, version], { cwd: folder });
        assert.equal(code, 0, stderr);
        return { before, version };
      };
      await withProject(async (project) => {
        const first = await outside();
        const found = await info(project, { history: true });
        assert.equal(found.stages.GNU_Production?.version, first.version);
        assert.equal(found.changed_outside.length, 1);
        await repair(project, { mode: 'restore', notes: 'not agreed' });
        assert.equal(await holderOf(project), first.before);
        const second = await outside();
        await repair(project, { mode: 'adopt', notes: 'agreed' });
        assert.equal(await holderOf(project), second.version);
        const { history, changed_outside } = await info(project, { history: true });
        assert.deepEqual(changed_outside, []);
        assert.deepEqual(
          history.slice(0, 2).map(({ kind, version }) => `${kind} ${version}`),
          [`adopt ${second.version}`, `restore ${first.before}`],
        );
      });
    });
  });
}

import * as assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createDataset,
  type DeployResult,
  deploy,
  type HistoryEntry,
  info,
  openProject,
  type Project,
  repair,
  type TrainResult,
  train,
} from '../../src/engine/index.ts';
import { gnuMlops } from '../cli/command.ts';
import { type ErrorDocument, parseDocument } from '../cli/documents.ts';
import { startMlflowServer } from '../harness/mlflow-server.ts';
import { type PythonEnvironment, runPython } from '../harness/python.ts';

const MODEL = 'gnu_mlops_model';
const VERSIONS = ['1', '2', '3'];
/** Each person acts at least so often, and goes on until somebody was overtaken: without that nothing would be proven. */
const LEAST_TURNS = 5;
const MOST_TURNS = 40;

/** Logs runs, reads and promotes, while others promote by the command. Prints the version it puts into production. */
const COLLEAGUE = `
import sys, mlflow
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name("crowd").experiment_id
for turn in range(12):
    run = client.create_run(experiment, run_name=f"python {turn}").info.run_id
    client.log_metric(run, "score", turn)
    client.set_terminated(run)
    assert client.get_model_version_by_alias("${MODEL}", "GNU_Production").version
    if turn % 4 == 2:
        client.set_registered_model_alias("${MODEL}", "GNU_Production", str(turn // 4 + 1))
    found = client.search_runs([experiment], f"attributes.run_name = 'python {turn}'")
    assert [run.data.metrics["score"] for run in found] == [turn], found
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
  /** SQLite's, which must stay what it was. */
  journalMode?: string;
  file?: string;
  python: PythonEnvironment;
  stop?: () => Promise<void>;
}

function sqliteFile(folder: string, journalMode: 'delete' | 'wal'): Place {
  const file = path.join(folder, 'mlflow.db');
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = ${journalMode}`);
  database.close();
  return { uri: `sqlite:///${file}`, file, journalMode, python: 'mlflow3' };
}

/** What several people work on at the same time. */
const PLACES: Record<string, (folder: string) => Promise<Place>> = {
  'a server of mlflow2': async () => ({ ...(await startMlflowServer({ python: 'mlflow2' })), python: 'mlflow2' }),
  'a server of mlflow3': async () => ({ ...(await startMlflowServer({ python: 'mlflow3' })), python: 'mlflow3' }),
  'a SQLite file': async (folder) => sqliteFile(folder, 'delete'),
  'a SQLite file that keeps a write-ahead log': async (folder) => sqliteFile(folder, 'wal'),
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

    /** What became of a person's commands. */
    interface Turns {
      /** Events of theirs that put a version into production. */
      done: string[];
      /** Events of theirs that somebody overtook. */
      overtaken: string[];
      /** It was in production already. */
      pointless: number;
    }

    /** Puts other versions into production, each time by a process of its own, from a project of their own. */
    async function person(seed: number, goesOn: (turn: number) => boolean, overtakes: () => void): Promise<Turns> {
      const turns: Turns = { done: [], overtaken: [], pointless: 0 };
      const own = path.join(folder, `person-${seed}`);
      mkdirSync(own);
      copyFileSync(configFile, path.join(own, 'config.yaml'));
      for (let turn = 0; goesOn(turn); turn++) {
        const version = VERSIONS[(seed + turn) % VERSIONS.length]!;
        const result = await gnuMlops(['rollback', '--to-version', version, '--json'], { cwd: own });
        if (result.code === 0) {
          const { event_id } = parseDocument<DeployResult>(result, 'deploy');
          if (event_id === null) turns.pointless++;
          else turns.done.push(event_id);
          continue;
        }
        const { error } = parseDocument<ErrorDocument>(result, 'error');
        assert.equal(error.reason, 'conflict', result.stderr);
        turns.overtaken.push(error.details.eventId!);
        overtakes();
      }
      return turns;
    }

    /** Trains again and again, from a project of its own, while the others promote. */
    async function trainMeanwhile(isOver: () => boolean): Promise<TrainResult[]> {
      const own = path.join(folder, 'trainer');
      mkdirSync(own);
      copyFileSync(configFile, path.join(own, 'config.yaml'));
      const trained: TrainResult[] = [];
      do {
        const result = await gnuMlops(['train', '--json', '--set', 'data.path=../data/train.csv'], { cwd: own });
        assert.equal(result.code, 0, result.stderr);
        trained.push(parseDocument<TrainResult>(result, 'train'));
      } while (!isOver());
      return trained;
    }

    const holderOf = async ({ store }: Project) => (await store.findModel(MODEL))?.aliases.GNU_Production;

    it('leave production never empty, and a history that tells who was overtaken', async () => {
      let isOver = false;
      let overtaken = 0;
      const seen: (string | undefined)[] = [];
      const watch = withProject(async (project) => {
        while (!isOver) {
          seen.push(await holderOf(project));
          await delay(5);
        }
      });
      const colleague = runPython(place.python, COLLEAGUE, [place.uri], { cwd: folder });
      const goesOn = (turn: number) => turn < LEAST_TURNS || (overtaken === 0 && turn < MOST_TURNS);
      const training = trainMeanwhile(() => isOver);
      const turns = await Promise.all([0, 1, 2].map((seed) => person(seed, goesOn, () => overtaken++)));
      const { code, stderr } = await colleague;
      isOver = true;
      await watch;
      const trained = await training;
      assert.equal(code, 0, stderr);
      assert.ok(seen.length > 20 && seen.every((version) => VERSIONS.includes(version!)), seen.join());
      console.log(
        `      ${seen.length} looks at production; of each person's commands ${turns
          .map(
            ({ done, overtaken: lost, pointless }) =>
              `${done.length} done, ${lost.length} overtaken, ${pointless} pointless`,
          )
          .join('; ')}`,
      );
      assert.ok(overtaken > 0, "nobody was in anybody else's way: this proves nothing");
      await withProject(async (project) => {
        await project.recover();
        await requireTrueHistory(project, turns);
        const runOf = new Map((await project.store.listVersions(MODEL)).map(({ version, runId }) => [version, runId]));
        for (const { version, run_id, metrics } of trained) {
          assert.equal(runOf.get(version), run_id);
          const run = await project.store.getRun(run_id);
          assert.deepEqual([run.status, run.metrics.accuracy], ['FINISHED', metrics.accuracy]);
        }
        assert.equal(new Set(trained.map(({ version }) => version)).size, trained.length);
      });
      if (place.file !== undefined) {
        const database = new DatabaseSync(place.file, { readOnly: true });
        assert.equal(database.prepare('PRAGMA journal_mode').get()!.journal_mode, place.journalMode);
        database.close();
      }
    });

    /** Each command's event tells its outcome; what Python did is adopted, and then everything fits. */
    async function requireTrueHistory(project: Project, turns: Turns[]): Promise<void> {
      const { history, changed_outside } = await info(project, { history: true });
      const ofCrowd = (status: HistoryEntry['status']) =>
        history.filter((entry) => entry.kind === 'rollback' && entry.status === status).map(({ event_id }) => event_id);
      assert.deepEqual(ofCrowd('FAILED').sort(), turns.flatMap((each) => each.overtaken).sort());
      assert.deepEqual(ofCrowd('FINISHED').sort(), turns.flatMap((each) => each.done).sort());
      assert.deepEqual(
        history.filter(({ status }) => status !== 'FINISHED' && status !== 'FAILED'),
        [],
      );
      if (changed_outside.length > 0) await repair(project, { mode: 'adopt', notes: 'a colleague in Python' });
      const after = await info(project, { history: true });
      const holder = after.stages.GNU_Production?.version;
      const last = after.history.find(({ to, status }) => to === 'GNU_Production' && status === 'FINISHED');
      assert.equal(last?.version, holder);
      assert.deepEqual(after.changed_outside, []);
      const versions = await project.store.listVersions(MODEL);
      assert.deepEqual(
        versions.filter(({ stageField }) => stageField === 'Production').map(({ version }) => version),
        [holder],
      );
    }

    it('see what Python moved as changed outside, and adopt it or put it back', async () => {
      const outside = async () => {
        const before = (await withProject(holderOf))!;
        const version = VERSIONS.find((each) => each !== before)!;
        const { code, stderr } = await runPython(place.python, OUTSIDE, [place.uri, version], { cwd: folder });
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

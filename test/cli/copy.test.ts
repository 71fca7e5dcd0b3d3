import * as assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { uniform } from '../../src/engine/data/random.ts';
import type { CopyResult, InfoResult, PredictResult } from '../../src/engine/index.ts';
import { openSqliteStore } from '../../src/engine/tracking/sqlite/store.ts';
import type { TrackingStore } from '../../src/engine/tracking/store.ts';
import { contentsOf } from '../engine/copying/store-contents.ts';
import { exampleProject, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';
import { killedCommand } from './killed-command.ts';

const KILLS = process.env.TEST_DEPTH === 'full' ? 200 : 40;
const SEED = 11;
const TARGET = 'sqlite:///copy.db';

const CONFIG = `
mlflow: { tracking_uri: sqlite:///mlflow.db, experiment_name: churn, model_name: gnu_mlops_model }
model: { algorithm: random_forest, hyperparameters: { n_estimators: 3, max_depth: 3 } }
training: { cv_folds: 2, split: stratified }
data: { path: data/small.csv, target_column: diagnosis }
deployment: { gates: { staging: { accuracy: 0.5 }, production: { accuracy: 0.5 } } }
`;

/** Stores with everything that a store holds, made and copied by the real command. */
describe('Copying a store', function () {
  this.timeout(300_000);
  let project: TemporaryProject;

  before(async () => {
    project = exampleProject();
    const [header, ...rows] = readFileSync(path.join(project.folder, 'data/train.csv'), 'utf8').split('\n');
    writeFileSync(path.join(project.folder, 'data/small.csv'), [header, ...rows.slice(0, 60)].join('\n'));
    writeFileSync(path.join(project.folder, 'config.yaml'), CONFIG);
    for (let i = 0; i < 2; i++) {
      await succeed('train');
      await succeed('deploy', '--stage', 'staging');
      await succeed('deploy', '--stage', 'production', '--notes', 'better');
    }
    await succeed('rollback');
    await succeed('train', '--set', 'data.target_column=nobody').catch(() => undefined);
  });

  beforeEach(removeTarget);
  after(() => project.remove());

  function removeTarget(): void {
    for (const name of ['copy.db', 'copy.db-journal', 'second.db']) {
      rmSync(path.join(project.folder, name), { force: true });
    }
  }

  async function succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await project.run(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  const copy = async (...args: string[]): Promise<CopyResult> => {
    const result = await project.run('copy', '--json', ...args);
    assert.equal(result.code, 0, result.stderr + result.stdout);
    return parseDocument<CopyResult>(result, 'copy');
  };

  const look = async <T>(file: string, use: (store: TrackingStore) => Promise<T>): Promise<T> => {
    const store = await openSqliteStore({ path: file, baseDir: project.folder, readOnly: true });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };

  const contents = (file: string) => look(file, (store) => contentsOf(store));

  const against = (uri: string, ...args: string[]) => succeed(...args, '--set', `mlflow.tracking_uri=${uri}`);

  it('gives a store with the same contents, which works on', async () => {
    const result = await copy('--to', TARGET);
    assert.equal(result.status, 'copied');
    assert.deepEqual(await contents('copy.db'), await contents('mlflow.db'));
    assert.deepEqual(
      result.models.map(({ versions }) => versions.map(({ from, to, status }) => [from, to, status])),
      [
        [
          ['1', '1', 'copied'],
          ['2', '2', 'copied'],
        ],
      ],
    );
    const info = async (...args: string[]) =>
      JSON.parse(await succeed('info', '--json', '--history', ...args)) as InfoResult;
    const [here, there] = [await info(), await info('--set', `mlflow.tracking_uri=${TARGET}`)];
    const told = ({ history, stages }: InfoResult) => [
      stages.GNU_Production?.version,
      stages.GNU_Production?.since,
      history.map(({ event_id: _, ...rest }) => rest),
    ];
    assert.deepEqual(told(there), told(here));
    const predicted = async (...args: string[]) =>
      (JSON.parse(await succeed('predict', 'data/small.csv', '--json', '--output', '-', ...args)) as PredictResult)
        .predictions;
    assert.deepEqual(await predicted('--set', `mlflow.tracking_uri=${TARGET}`), await predicted());
    await against(TARGET, 'deploy', '--stage', 'staging', '--version', '2');
  });

  it('changes nothing when it is done again, and copies what came since', async () => {
    await copy('--to', TARGET);
    const before = await contents('copy.db');
    assert.equal((await copy('--to', TARGET)).status, 'nothing-to-do');
    assert.deepEqual(await contents('copy.db'), before);
    await succeed('train', '--run-name', 'the third');
    const more = await copy('--to', TARGET);
    assert.deepEqual(
      more.models[0]!.versions.map(({ status }) => status),
      ['present', 'present', 'copied'],
    );
    assert.deepEqual(await contents('copy.db'), await contents('mlflow.db'));
  });

  it('follows what is deployed and rolled back afterwards', async () => {
    await copy('--to', TARGET);
    await succeed('deploy', '--stage', 'staging', '--version', '2');
    await succeed('deploy', '--stage', 'production', '--version', '2');
    assert.match(await succeed('copy', '--to', TARGET, '--dry-run'), /stage and tags of .*\n.*alias GNU_Production\n/);
    await copy('--to', TARGET);
    await succeed('rollback');
    await copy('--to', TARGET);
    assert.deepEqual(await contents('copy.db'), await contents('mlflow.db'));
    assert.doesNotMatch(await against(TARGET, 'info'), /changed outside/);
  });

  it('shows what it would do before it does it, and makes no store for that', async () => {
    const plan = await copy('--to', TARGET, '--dry-run');
    assert.equal(plan.status, 'dry-run');
    assert.equal(existsSync(path.join(project.folder, 'copy.db')), false);
    const done = await copy('--to', TARGET);
    const counts = ({ experiments, models }: CopyResult) => [
      experiments,
      models.map(({ events, versions, aliases }) => [events, versions.length, aliases.map(({ alias }) => alias)]),
    ];
    // Runs of versions come with their experiment.
    assert.deepEqual(counts(plan), counts(done));
    const again = await copy('--to', TARGET, '--dry-run');
    assert.ok(again.experiments.every(({ copied }) => copied === 0));
    assert.match(await succeed('copy', '--to', TARGET, '--dry-run'), /^Would copy from/);
  });

  it('copies one version with its run into no stage, one run, or one experiment', async () => {
    const one = await copy('--to', TARGET, '--model', 'gnu_mlops_model', '--version', '2');
    assert.deepEqual(one.models[0]!.versions, [{ from: '2', to: '1', status: 'copied' }]);
    assert.match(one.warnings.join(), /other numbers: 2 is 1/);
    await look('copy.db', async (store) => {
      assert.deepEqual((await store.findModel('gnu_mlops_model'))!.aliases, {});
      const [version] = await store.listVersions('gnu_mlops_model');
      assert.equal(version!.stageField, 'None');
    });
    await against(TARGET, 'deploy', '--stage', 'staging');
    removeTarget();
    const runId = await look('mlflow.db', async (store) => (await store.listVersions('gnu_mlops_model'))[0]!.runId!);
    const run = await copy('--to', TARGET, '--run', runId);
    assert.deepEqual(
      run.experiments.map(({ name, copied }) => [name, copied]),
      [['churn', 1]],
    );
    const experiment = await copy('--to', TARGET, '--experiment', 'churn');
    assert.equal(experiment.experiments[0]!.present, 1);
  });

  it('knows copies of copies, so that copying on and back makes nothing double', async () => {
    await copy('--to', TARGET);
    await copy('--from', TARGET, '--to', 'sqlite:///second.db');
    assert.deepEqual(await contents('second.db'), await contents('mlflow.db'));
    assert.equal((await copy('--to', 'sqlite:///second.db')).status, 'nothing-to-do');
    const before = await contents('mlflow.db');
    assert.equal((await copy('--from', 'sqlite:///second.db')).status, 'nothing-to-do');
    assert.deepEqual(await contents('mlflow.db'), before);
  });

  it('leaves the production of the target where it is', async () => {
    const own = ['--set', `mlflow.tracking_uri=${TARGET}`];
    await succeed('train', ...own);
    await succeed('deploy', '--stage', 'staging', ...own);
    await succeed('deploy', '--stage', 'production', ...own);
    const result = await copy('--to', TARGET, '--model', 'gnu_mlops_model');
    assert.deepEqual(
      result.models[0]!.aliases.filter(({ alias }) => alias === 'GNU_Production').map(({ status }) => status),
      ['kept'],
    );
    await look('copy.db', async (store) => {
      assert.equal((await store.findModel('gnu_mlops_model'))!.aliases.GNU_Production, '1');
      const versions = await store.listVersions('gnu_mlops_model');
      const inProduction = versions.filter(({ stageField }) => stageField === 'Production');
      assert.deepEqual(
        inProduction.map(({ version }) => version),
        ['1'],
      );
    });
  });

  it('ends with 1 when the model of a version is missing, with the others copied, and brings it later', async () => {
    const versions = await look('mlflow.db', async (store) => {
      return Promise.all((await store.listVersions('gnu_mlops_model')).map((each) => store.locate(each)));
    });
    const model = versions.at(-1)!;
    renameSync(model, `${model}-away`);
    try {
      const { code, stdout, stderr } = await project.run('copy', '--json', '--to', TARGET);
      assert.equal(code, 1, stderr);
      const { status, models } = parseDocument<CopyResult>({ code, stdout, stderr }, 'copy');
      assert.equal(status, 'incomplete');
      const statuses = models[0]!.versions.map(({ from, status: each }) => [from, each]);
      assert.deepEqual(statuses.slice(0, 2), [
        ['1', 'failed'],
        ['2', 'copied'],
      ]);
      const inWords = await project.run('copy', '--to', TARGET);
      assert.equal(inWords.code, 1);
      assert.match(inWords.stderr, /version 1 of gnu_mlops_model was not copied: there is no MLmodel at .*Bring/);
    } finally {
      renameSync(`${model}-away`, model);
    }
    assert.equal((await copy('--to', TARGET)).status, 'copied');
    await look('copy.db', async (store) => {
      for (const version of await store.listVersions('gnu_mlops_model')) {
        assert.ok(existsSync(path.join(await store.locate(version), 'MLmodel')));
      }
    });
  });

  it('refuses what cannot be copied', async () => {
    const refused = async (...args: string[]) => {
      const result = await project.run('copy', '--json', ...args);
      return [result.code, (JSON.parse(result.stdout) as ErrorDocument).error.reason];
    };
    assert.deepEqual(await refused(), [2, 'usage']);
    assert.deepEqual(await refused('--to', 'sqlite:///mlflow.db'), [2, 'usage']);
    assert.deepEqual(await refused('--to', TARGET, '--run', 'nobody'), [1, 'not-found']);
    assert.deepEqual(await refused('--to', TARGET, '--experiment', 'chrn'), [1, 'not-found']);
    assert.deepEqual(await refused('--to', TARGET, '--version', '1'), [2, 'usage']);
    assert.deepEqual(await refused('--to', TARGET, '--experiment', 'churn', '--run', 'x'), [2, 'usage']);
    assert.deepEqual(await refused('--from', 'sqlite:///nowhere.db'), [1, 'not-found']);
  });

  it(`ends with everything once, however often it is killed (${KILLS} times)`, async () => {
    const started = performance.now();
    await copy('--to', TARGET);
    const duration = performance.now() - started;
    const random = uniform(SEED);
    let killed = 0;
    removeTarget();
    for (let i = 0; i < KILLS; i++) {
      // Each fresh store is killed a few times before it is finished.
      const code = await killedCommand(['copy', '--to', TARGET], { cwd: project.folder }, random() * duration);
      killed += code === null ? 1 : 0;
      if (i % 4 !== 3) continue;
      await copy('--to', TARGET);
      assert.deepEqual(await contents('copy.db'), await contents('mlflow.db'));
      await assertTidy();
      removeTarget();
    }
    // One that goes on with what is there ends earlier than a whole one.
    assert.ok(killed > KILLS / 5, `only ${killed} of ${KILLS} were killed before they ended`);
  });

  /** No run of the target goes on. */
  async function assertTidy(): Promise<void> {
    await look('copy.db', async (store) => {
      const experimentIds = (await store.listExperiments()).map(({ experimentId }) => experimentId);
      const { runs } = await store.searchRuns({ experimentIds, filter: "attributes.status = 'RUNNING'" });
      assert.deepEqual(runs, []);
    });
  }
});

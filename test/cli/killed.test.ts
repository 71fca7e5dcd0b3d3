import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { uniform } from '../../src/engine/data/random.ts';
import { eventsExperiment, openProject, type Project } from '../../src/engine/project.ts';
import { detectOutsideChanges, historyEntries } from '../../src/engine/registry/history.ts';
import { loadVersion } from '../../src/engine/registry/model-version.ts';
import { loadRegistryState } from '../../src/engine/registry/state.ts';
import { exampleProject, type TemporaryProject } from './command.ts';
import { KillInstants } from './kill-instants.ts';
import { killedCommand } from './killed-command.ts';

const KILLS = process.env.TEST_DEPTH === 'full' ? 1000 : 200;
const SEED = 4;
/** Every fourth change is tried, with TEST_DEPTH=full every one: one training logs its metrics in many statements of the same transaction. */
const STRIDE = process.env.TEST_DEPTH === 'full' ? 1 : 4;
const preload = pathToFileURL(path.join(import.meta.dirname, 'kill-at-step.js')).href;

/** Small: 60 rows, 5 trees, two folds. */
const CONFIG = `
mlflow: { tracking_uri: sqlite:///mlflow.db, experiment_name: killed, model_name: gnu_mlops_model }
model: { algorithm: random_forest, hyperparameters: { n_estimators: 5, max_depth: 4 } }
training: { cv_folds: 2, split: stratified }
data: { path: data/small.csv, target_column: diagnosis }
deployment: { gates: { staging: { accuracy: 0.5 }, production: { accuracy: 0.5 } } }
`;

/** What may be killed; the deployments are tried on a version that is trained right before. */
const OPERATIONS = {
  train: ['train'],
  'deploy to staging': ['deploy', '--stage', 'staging'],
  'deploy to production': ['deploy', '--stage', 'production'],
  rollback: ['rollback'],
};
/** The command that somebody happens to give next. */
const NEXT = [['info'], ['repair'], ['runs'], ['train']];
type Operation = keyof typeof OPERATIONS;

describe('A command that is killed at any instant', () => {
  let project: TemporaryProject;

  before(() => {
    project = exampleProject();
    const lines = readFileSync(path.join(project.folder, 'data/train.csv'), 'utf8').split('\n');
    const [header, ...rows] = lines;
    writeFileSync(path.join(project.folder, 'data/small.csv'), [header, ...rows.slice(0, 60)].join('\n'));
    writeFileSync(path.join(project.folder, 'config.yaml'), CONFIG);
  });

  after(() => project.remove());

  async function succeed(...args: string[]): Promise<void> {
    const { code, stderr } = await project.run(...args);
    assert.equal(code, 0, stderr);
  }

  /** How long an operation takes when nobody kills it, ms: the instants are drawn from that time and a little more. */
  async function duration(operation: Operation): Promise<number> {
    const started = performance.now();
    await succeed(...OPERATIONS[operation]);
    return performance.now() - started;
  }

  /** Kills the operation right before its nth change to a file or statement to a database; false when it has no such step. */
  async function killAtStep(operation: Operation, step: number): Promise<boolean> {
    const env = { GNU_MLOPS_KILL_AT: String(step) };
    const options = { cwd: project.folder, env, nodeArguments: ['--import', preload] };
    const code = await killedCommand(OPERATIONS[operation], options);
    assert.ok(code === null || code === 0, `${operation} failed at step ${step}`);
    return code === null;
  }

  async function withProject<T>(look: (opened: Project) => Promise<T>): Promise<T> {
    const opened = await openProject({ configFile: path.join(project.folder, 'config.yaml'), env: {} });
    try {
      return await look(opened);
    } finally {
      await opened.close();
    }
  }

  /** One version in production, which loads; history explains it; nothing RUNNING; every version's folder whole. */
  async function assertSound(): Promise<string> {
    return withProject(async (opened) => {
      const { store, config } = opened;
      const state = await loadRegistryState(store, eventsExperiment(config), config.mlflow.model_name);
      const holder = state.aliases.GNU_Production;
      assert.ok(holder, 'production is empty');
      assert.deepEqual(detectOutsideChanges(state), []);
      const holders = state.versions.filter(({ stageField }) => stageField === 'Production');
      assert.deepEqual(
        holders.map(({ version }) => version),
        [holder],
      );
      for (const version of state.versions.slice(0, 3)) await loadVersion(store, version);
      assert.deepEqual(
        historyEntries(state).filter(({ status }) => status === 'RUNNING'),
        [],
      );
      for (const { experimentId } of await store.listExperiments()) {
        const running = { experimentIds: [experimentId], filter: "attributes.status = 'RUNNING'" };
        assert.deepEqual((await store.searchRuns(running)).runs, []);
      }
      return holder;
    });
  }

  async function trainTwo(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      await succeed('train');
      await succeed('deploy', '--stage', 'staging');
      await succeed('deploy', '--stage', 'production');
    }
  }

  it('is finished or marked by the next one, whichever change it was about to make', async function () {
    this.timeout(600_000);
    await trainTwo();
    const steps: Partial<Record<Operation, number>> = {};
    for (const operation of Object.keys(OPERATIONS) as Operation[]) {
      for (let step = 1; ; step += STRIDE) {
        await prepare(operation);
        if (!(await killAtStep(operation, step))) break;
        steps[operation] = step;
        await succeed(...NEXT[step % NEXT.length]!);
        await assertSound();
      }
    }
    console.log(`      killed before each change: ${JSON.stringify(steps)}`);
    assert.ok(Object.values(steps).every((last) => last >= 20));
  });

  it(`leaves one version in production, a true history and nothing RUNNING (${KILLS} instants)`, async function () {
    this.timeout(600_000);
    await trainTwo();
    const instants = new Map<Operation, KillInstants>();
    for (const operation of Object.keys(OPERATIONS) as Operation[]) {
      instants.set(operation, new KillInstants(SEED, await duration(operation)));
    }
    const random = uniform(SEED);
    const outcomes = new Map<string, number>();
    await assertSound();
    for (let instant = 0; instant < KILLS; instant++) {
      const operation = (Object.keys(OPERATIONS) as Operation[])[Math.floor(random() * 4)]!;
      await prepare(operation);
      const code = await instants.get(operation)!.try((afterMs) => {
        return killedCommand(OPERATIONS[operation], { cwd: project.folder }, afterMs);
      });
      const outcome = code === null ? 'killed' : 'finished';
      outcomes.set(`${operation}: ${outcome}`, (outcomes.get(`${operation}: ${outcome}`) ?? 0) + 1);
      await succeed(...NEXT[instant % NEXT.length]!);
      await assertSound();
    }
    for (const [name, count] of [...outcomes].sort()) console.log(`      ${name} ${count}`);
    const killed = [...outcomes].filter(([name]) => name.endsWith('killed')).reduce((sum, [, count]) => sum + count, 0);
    assert.ok(killed > KILLS / 2, 'most of them were too late to be killed');
    await succeed('train');
    await succeed('deploy', '--stage', 'staging');
    await succeed('deploy', '--stage', 'production');
    await succeed('rollback');
  });

  /** Makes sure that the operation has something to do; what it does is up to the engine, in this process. */
  async function prepare(operation: Operation): Promise<void> {
    const { train, deploy } = await import('../../src/engine/index.ts');
    await withProject(async (opened) => {
      if (operation === 'train') return;
      await train(opened);
      if (operation === 'deploy to staging') return;
      await deploy(opened, { stage: 'Staging' });
      if (operation === 'rollback') await deploy(opened, { stage: 'GNU_Production' });
    });
  }
});

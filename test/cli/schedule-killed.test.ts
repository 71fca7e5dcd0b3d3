import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { scheduleHistory } from '../../src/engine/index.ts';
import { exampleProject, type TemporaryProject } from './command.ts';
import { KillInstants } from './kill-instants.ts';
import { killedCommand } from './killed-command.ts';

const KILLS = process.env.TEST_DEPTH === 'full' ? 500 : 60;
const FIRING_KILLS = process.env.TEST_DEPTH === 'full' ? 200 : 20;
const SEED = 5;

/** Small: 60 rows, 5 trees. */
const FIRING_CONFIG = `
mlflow: { experiment_name: killed }
model: { algorithm: random_forest, hyperparameters: { n_estimators: 5, max_depth: 4 } }
training: { cv_folds: 0 }
data: { path: data/small.csv, target_column: diagnosis }
schedules: [{ id: often, operation: train, cron: "* * * * *" }]
`;

describe('A change of the schedules that is killed at any instant', () => {
  let project: TemporaryProject;
  let file: string;

  before(() => {
    project = exampleProject();
    file = path.join(project.folder, 'config.yaml');
    writeFileSync(
      file,
      `${readFileSync(file, 'utf8')}\nschedules: # reviewed\n  - { id: first, operation: batch, cron: "0 1 * * *" }\n`,
    );
  });
  after(() => project.remove());

  const add = (id: string) => ['add', id, '--operation', 'train', '--cron', '0 2 * * *', '--timezone', 'UTC'];
  const ids = (text: string) => (parse(text) as { schedules: { id: string }[] }).schedules.map(({ id }) => id);

  /** Kills one change; the file is what it was or what it was to be, and whoever comes next can do it. */
  async function tryOnce(adds: boolean, instants: KillInstants): Promise<'old' | 'new'> {
    const args = adds ? add('extra') : ['remove', 'extra'];
    const before = readFileSync(file, 'utf8');
    const code = await instants.try((afterMs) => killAfter(project, args, afterMs), [0.5, 1.2]);
    const after = readFileSync(file, 'utf8');
    assert.match(after, /schedules: # reviewed\n {2}- \{ id: first, operation: batch, cron: "0 1 \* \* \*" \}\n/);
    assert.equal(ids(after).includes('extra'), (after === before) !== adds);
    if (code === 0) assert.notEqual(after, before);
    if (after === before) assert.equal((await project.run('schedule', ...args)).code, 0);
    return after === before ? 'old' : 'new';
  }

  it(`leaves config.yaml old or new, and the next change works (${KILLS} instants)`, async function () {
    this.timeout(300_000);
    const started = performance.now();
    assert.equal(await killAfter(project, add('whole'), 60_000), 0);
    const instants = new KillInstants(SEED, performance.now() - started);
    const outcomes = { old: 0, new: 0 };
    for (let i = 0; i < KILLS; i++) outcomes[await tryOnce(i % 2 === 0, instants)]++;
    console.log(`      old ${outcomes.old}, new ${outcomes.new}`);
    assert.ok(outcomes.old > 0 && outcomes.new > 0, 'every instant was too early, or too late');
  });
});

describe('A firing that is killed at any instant', () => {
  let project: TemporaryProject;

  before(() => {
    project = exampleProject();
    const lines = readFileSync(path.join(project.folder, 'data/train.csv'), 'utf8').split('\n');
    writeFileSync(path.join(project.folder, 'data/small.csv'), lines.slice(0, 61).join('\n'));
    writeFileSync(path.join(project.folder, 'config.yaml'), FIRING_CONFIG);
  });
  after(() => project.remove());

  it(`is told as interrupted by the next one, which runs (${FIRING_KILLS} instants)`, async function () {
    this.timeout(300_000);
    const started = performance.now();
    assert.equal((await project.run('schedule', 'run', 'often', '--now')).code, 0);
    const instants = new KillInstants(SEED, performance.now() - started);
    const options = { configFile: path.join(project.folder, 'config.yaml'), env: {} };
    for (let i = 0; i < FIRING_KILLS; i++) {
      await instants.try((afterMs) => killAfter(project, ['run', 'often', '--now'], afterMs), [0, 1]);
      const next = await project.run('schedule', 'run', 'often', '--now');
      assert.equal(next.code, 0, next.stderr);
      const statuses = scheduleHistory('often', 1000, options).map(({ status }) => status);
      assert.equal(statuses[0], 'done');
      assert.ok(!statuses.includes('running'), statuses.join());
    }
    const firings = scheduleHistory('often', 1000, options);
    const interrupted = firings.filter(({ status }) => status === 'interrupted');
    console.log(`      interrupted ${interrupted.length}, done ${firings.length - interrupted.length}`);
    assert.ok(interrupted.length > 0, 'every instant was too early, or too late');
    assert.ok(interrupted.every(({ exit_code }) => exit_code === null));
  });
});

function killAfter({ folder }: TemporaryProject, args: string[], ms: number): Promise<number | null> {
  return killedCommand(['schedule', ...args], { cwd: folder }, ms);
}

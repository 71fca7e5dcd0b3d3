import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { InfoResult, RetrainResult } from '../../src/engine/index.ts';
import { gnuMlops } from './command.ts';
import { parseDocument } from './documents.ts';
import { KillInstants } from './kill-instants.ts';
import { killedCommand } from './killed-command.ts';

const INSTANTS = process.env.TEST_DEPTH === 'full' ? 400 : 60;
const SEED = 6;

const CONFIG = `
mlflow: { experiment_name: nightly }
training: { cv_folds: 0 }
model: { hyperparameters: { n_estimators: 1, max_depth: 1 } }
deployment: { gates: { staging: { accuracy: 0.5 }, production: { accuracy: 0.5 } } }
`;

/** Better than the first model, which is one tree with one split. */
const STRONG = [
  ...['--set', 'model.hyperparameters.n_estimators=5'],
  ...['--set', 'model.hyperparameters.max_depth=6'],
  ...['--set', 'retraining.bootstrap_confidence=0.8'],
];

describe('retrain on the command line', () => {
  let folder: string;
  const run = (...args: string[]) => gnuMlops(args, { cwd: folder });

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-retrain-'));
    writeFileSync(path.join(folder, 'config.yaml'), CONFIG);
    // 500 rows are small data: the limits of the comparison warn instead of refusing.
    assert.equal((await run('dataset', '--rows', '500')).code, 0);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  async function result(code: number, ...args: string[]): Promise<RetrainResult> {
    const answer = await run('retrain', ...args, '--json');
    assert.equal(answer.code, code, answer.stderr);
    return parseDocument<RetrainResult>(answer, 'retrain');
  }

  it('brings the first model into production, then has nothing to do', async () => {
    assert.equal((await result(0)).status, 'deployed');
    const next = await result(0);
    assert.deepEqual([next.status, next.due.reason], ['nothing-to-do', null]);
    assert.match((await run('retrain')).stdout, /^Nothing to do\.\nNot due: the last training is 0\.0 days old/);
  });

  it('says with --dry-run what it would do, and warns of a weak comparison', async () => {
    const plan = await result(0, '--force', '--dry-run');
    assert.equal(plan.status, 'dry-run');
    assert.match(plan.warnings[0]!, /only \d+ rows that neither was trained on/);
  });

  it('keeps production with exit code 0, and is refused by a gate with 3', async () => {
    assert.equal((await result(0, '--force')).status, 'kept-production');
    const refused = await result(3, '--force', ...STRONG, '--set', 'deployment.gates.staging.accuracy=0.99999');
    assert.equal(refused.status, 'refused');
  });

  it(`killed at ${INSTANTS} instants leaves one version in production, and the next one works`, async function () {
    this.timeout(300_000);
    const args = ['retrain', '--force', ...STRONG];
    const started = performance.now();
    const whole = await run(...args);
    assert.equal(whole.code, 0, whole.stderr);
    const instants = new KillInstants(SEED, performance.now() - started);
    const outcomes = { killed: 0, finished: 0 };
    for (let instant = 0; instant < INSTANTS; instant++) {
      // Back to the weak one, so that there is something to promote.
      const back = await run('rollback', '--to-version', '1');
      assert.equal(back.code, 0, back.stderr);
      const code = await instants.try((afterMs) => killedCommand(args, { cwd: folder }, afterMs));
      outcomes[code === null ? 'killed' : 'finished']++;
      const info = parseDocument<InfoResult>(await run('info', '--history', '--json'), 'info');
      const last = info.history.find(({ status, to }) => status === 'FINISHED' && to === 'GNU_Production');
      assert.equal(info.stages.GNU_Production?.version, last?.version);
      assert.deepEqual(info.changed_outside, []);
      assert.ok(info.history.every(({ status }) => status !== 'RUNNING'));
    }
    console.log(`      ${JSON.stringify(outcomes)}`);
    assert.ok(outcomes.killed > INSTANTS / 2);
    const last = await run(...args);
    assert.equal(last.code, 0, last.stderr);
  });
});

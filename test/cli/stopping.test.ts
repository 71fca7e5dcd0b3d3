import * as assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeployResult, RunsResult } from '../../src/engine/index.ts';
import { exampleProject, gnuMlops, startCommand, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

const LONG = ['--set', 'model.hyperparameters.n_estimators=2000', '--set', 'training.cv_folds=20'];
const OLD_NODE = 'Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})';

describe('A command', () => {
  let project: TemporaryProject;

  beforeEach(() => {
    project = exampleProject();
  });

  afterEach(() => project.remove());

  /** Waits for the log of a training that is in its run. */
  async function runStarted(child: ChildProcess): Promise<void> {
    const folder = path.join(project.folder, 'logs');
    const hasStarted = () =>
      existsSync(folder) &&
      readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .some((name) => readFileSync(path.join(folder, name), 'utf8').includes(' started.'));
    while (!hasStarted()) {
      assert.equal(child.exitCode, null, 'it ended before it was interrupted');
      await delay(5);
    }
  }

  it('that is interrupted exits with 130, marks its run KILLED, and the next one works', async () => {
    const child = startCommand(['train', '--json', ...LONG], { cwd: project.folder });
    let stdout = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const ended = once(child, 'close') as Promise<[number | null]>;
    await runStarted(child);
    assert.equal(child.kill('SIGINT'), true);
    const [code] = await ended;
    assert.equal(code, 130);
    const result = { code, stdout, stderr: '' };
    assert.equal(parseDocument<ErrorDocument>(result, 'error').error.reason, 'cancelled');
    const { runs } = parseDocument<RunsResult>(await project.run('runs', '--json'), 'runs');
    assert.deepEqual(
      runs.map(({ status }) => status),
      ['KILLED'],
    );
    assert.equal((await project.run('train', '--set', 'training.cv_folds=0')).code, 0);
  });

  it('needs a Node that is new enough, and says so in one sentence', async () => {
    const nodeArguments = ['--import', `data:text/javascript,${encodeURIComponent(OLD_NODE)}`];
    const { code, stdout, stderr } = await gnuMlops(['info'], { cwd: project.folder, nodeArguments });
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(stderr, 'gnu-mlops needs Node 22.18 or newer and found 20.19.0: install a newer Node.\n');
  });

  it('that deploys lets a changed signature through only when it is accepted', async () => {
    await project.run('train', '--set', 'training.cv_folds=0');
    for (const stage of ['staging', 'production']) await project.run('deploy', '--stage', stage);
    const fewer = ['--set', 'data.feature_columns=[mean_radius, mean_texture, mean_area]'];
    assert.equal((await project.run('train', '--set', 'training.cv_folds=0', ...fewer)).code, 0);
    const deploy = ['deploy', '--stage', 'staging', '--json'];
    const refused = await project.run(...deploy);
    assert.equal(refused.code, 3);
    assert.match(parseDocument<ErrorDocument>(refused, 'error').error.details.fix!, /--accept-signature-change/);
    const accepted = await project.run(...deploy, '--accept-signature-change');
    const { status, gates } = parseDocument<DeployResult>(accepted, 'deploy');
    const signature = gates.find(({ name }) => name === 'signature');
    assert.deepEqual([status, signature?.passed], ['deployed', true]);
    assert.match(String(signature?.actual), /accepted/);
  });
});

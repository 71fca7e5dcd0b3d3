import * as assert from 'node:assert/strict';
import type { InfoResult } from '../../src/engine/index.ts';
import { exampleProject, type TemporaryProject } from './command.ts';
import { parseDocument } from './documents.ts';

const ROUNDS = 10;

describe('Two commands at once', () => {
  let project: TemporaryProject;

  before(async () => {
    project = exampleProject();
    for (let version = 1; version <= 2; version++) await project.run('train', '--set', 'training.cv_folds=0');
  });

  after(() => project.remove());

  it('that promote leave exactly one version in production, and history names winner and loser', async () => {
    let events = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const promote = (version: string) =>
        project.run(
          'deploy',
          '--stage',
          'production',
          '--version',
          version,
          '--override',
          'staging',
          '--notes',
          'race',
          '--json',
        );
      const results = await Promise.all([promote('1'), promote('2')]);
      const statuses = results.map(({ code, stdout }) => {
        const { status, error } = JSON.parse(stdout) as { status?: string; error?: { reason: string } };
        assert.ok(code === 0 || error?.reason === 'conflict', stdout);
        return status ?? 'conflict';
      });
      events += statuses.filter((status) => status !== 'unchanged').length;
      const info = parseDocument<InfoResult>(await project.run('info', '--history', '--json'), 'info');
      assert.ok(info.stages.GNU_Production);
      assert.deepEqual(info.changed_outside, []);
      assert.equal(info.history.length, events);
      assert.deepEqual(
        info.history.filter(({ status }) => status === 'RUNNING'),
        [],
      );
      const last = info.history.find(({ status }) => status === 'FINISHED');
      assert.equal(info.stages.GNU_Production.version, last?.version);
    }
  });

  it('that train take turns: the second is refused with 5 and names the process that holds the lock', async () => {
    const long = ['--set', 'model.hyperparameters.n_estimators=1000', '--set', 'training.cv_folds=10'];
    const results = await Promise.all([1, 2, 3].map(() => project.run('train', ...long)));
    const codes = results.map(({ code }) => code).sort();
    assert.equal(codes[0], 0);
    assert.ok(
      codes.slice(1).every((code) => code === 0 || code === 5),
      codes.join(' '),
    );
    const refused = results.filter(({ code }) => code === 5);
    assert.ok(refused.length > 0, 'all three were faster than the others started');
    for (const { stderr } of refused) assert.match(stderr, /held by process \d+ on .+ since/);
  });
});

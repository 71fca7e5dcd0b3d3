import * as assert from 'node:assert/strict';
import { exampleProject, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

/** Wrong usage, what is said of it, and the help that is pointed at. */
const WRONG: [args: string[], says: RegExp, help: string][] = [
  [['trian'], /unknown command 'trian'[\s\S]*train/, 'gnu-mlops --help'],
  [['train', '--wrong'], /unknown option '--wrong'/, 'gnu-mlops train --help'],
  [['deploy'], /required option '--stage <stage>'/, 'gnu-mlops deploy --help'],
  [['deploy', '--stage', 'live'], /Unknown stage "live"/, 'gnu-mlops deploy --help'],
  [['runs', '--limit', 'none'], /whole number/, 'gnu-mlops runs --help'],
  [['predict', '--format', 'xls'], /Allowed choices/, 'gnu-mlops predict --help'],
  [['predict', '--stage', 'staging', '--version', '1'], /cannot be used with/, 'gnu-mlops predict --help'],
  [['predict'], /--set-feature/, 'gnu-mlops predict --help'],
  [['train', '--set', 'cv_folds'], /section\.key=value/, 'gnu-mlops train --help'],
  [['schedule', 'add', '--operation', 'nap'], /Allowed choices/, 'gnu-mlops schedule add --help'],
  [['schedule', 'nap'], /unknown command 'nap'/, 'gnu-mlops schedule --help'],
];

describe('Wrong usage', () => {
  let project: TemporaryProject;

  before(() => {
    project = exampleProject();
  });

  after(() => project.remove());

  for (const [args, says, help] of WRONG) {
    it(`such as "${args.join(' ')}" exits with 2, prints one document and points at the help of its command`, async () => {
      const result = await project.run(...args, '--json');
      assert.equal(result.code, 2, result.stderr);
      const { error } = parseDocument<ErrorDocument>(result, 'error');
      assert.equal(error.reason, 'usage');
      assert.match(error.message, says);
      assert.ok(error.details.fix?.endsWith(help), error.details.fix);
      assert.ok(result.stderr.includes(`to do: See: ${help}`), result.stderr);
    });
  }

  it('prints nothing on standard output without --json', async () => {
    const { code, stdout, stderr } = await project.run('train', '--wrong');
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(stderr, "error: unknown option '--wrong'\nto do: See: gnu-mlops train --help\n");
  });

  it('is a command that needs another one behind it and has none', async () => {
    const { code, stdout, stderr } = await project.run('schedule');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /error: gnu-mlops schedule needs the name of one of its commands\.\nto do: .*schedule --help/);
  });

  it('is not to ask for help or the version', async () => {
    for (const args of [['--help'], ['deploy', '--help'], ['--version'], ['help', 'train']]) {
      const { code, stdout, stderr } = await project.run(...args);
      assert.deepEqual([code, stderr], [0, ''], args.join(' '));
      assert.match(stdout, /Usage: gnu-mlops|^\d+\.\d+\.\d+/);
    }
  });
});

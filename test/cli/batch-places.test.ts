import * as assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { exampleProject, type TemporaryProject } from './command.ts';

/** No model is needed: all of it is refused before one is looked for. */
describe('A batch of the wrong places', () => {
  let project: TemporaryProject;
  before(() => {
    project = exampleProject('penguins');
    mkdirSync(path.join(project.folder, 'data/batch_input'));
  });
  after(() => project.remove());

  it('refuses training data, as a file, a folder or through a link, and leaves it where it is', async () => {
    symlinkSync(path.join(project.folder, 'data'), path.join(project.folder, 'link'));
    for (const args of [['data/train.csv'], ['data', '--dry-run'], ['link/train.csv']]) {
      const { code, stderr } = await project.run('batch', ...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /training data \(data\.path\)/);
    }
    assert.ok(existsSync(path.join(project.folder, 'data/train.csv')));
  });

  it('refuses results among its inputs, with the value that says so', async () => {
    for (const key of ['output_path', 'archive_path']) {
      const { code, stderr } = await project.run('batch', '--set', `batch_inference.${key}=data/batch_input/done`);
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`--set batch_inference\\.${key}: .*lies in input_path`));
    }
  });
});

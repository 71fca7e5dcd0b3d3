import * as assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { run } from '../../scripts/subprocess.ts';
import { exampleProject, type TemporaryProject } from './command.ts';

describe('The programming interface', () => {
  let project: TemporaryProject;

  before(() => {
    project = exampleProject();
    mkdirSync(path.join(project.folder, 'node_modules'));
    symlinkSync(projectRoot, path.join(project.folder, 'node_modules/gnu-mlops'), 'junction');
    writeFileSync(path.join(project.folder, 'package.json'), '{ "type": "module" }');
    const page = readFileSync(path.join(projectRoot, 'docs/api.md'), 'utf8');
    const example = /```ts\n(.*?)```/s.exec(page)![1]!;
    writeFileSync(path.join(project.folder, 'example.ts'), example);
    const wrong =
      "import { train } from 'gnu-mlops';\nexport const version: number = (await train(undefined)).version;\n";
    writeFileSync(path.join(project.folder, 'wrong.ts'), wrong);
  });

  after(() => project.remove());

  it('does what the example of its page says', async () => {
    const { code, stdout, stderr } = await run(process.execPath, ['example.ts'], { cwd: project.folder });
    assert.equal(code, 0, stderr);
    const [trained, predictions, since] = stdout.trim().split('\n');
    assert.match(trained!, /^version 1: accuracy 0\.9\d\d$/);
    assert.equal(predictions, 'malignant benign malignant malignant benign benign');
    assert.match(since!, /^in production since \d{4}-/);
  });

  it('has types that accept the example and refuse mistakes', async () => {
    const tsc = path.join(projectRoot, 'node_modules/typescript/bin/tsc');
    const types = ['--types', 'node', '--typeRoots', path.join(projectRoot, 'node_modules/@types')];
    const check = (file: string) => {
      const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', ...types];
      return run(process.execPath, [tsc, ...flags, file], { cwd: project.folder });
    };
    const good = await check('example.ts');
    assert.equal(good.code, 0, good.stdout);
    const wrong = await check('wrong.ts');
    assert.match(wrong.stdout, /TS2345/);
    assert.match(wrong.stdout, /TS2322/);
  });
});

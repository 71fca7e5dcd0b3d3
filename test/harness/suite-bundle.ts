import path from 'node:path';
import { build } from 'esbuild';
import { cacheRoot, projectRoot } from '../../scripts/cache.ts';
import { testFiles } from './test-files.ts';

/** Bundles the editor ring into the one CommonJS file whose run() an extension host calls, and returns its path. */
export async function bundleEditorSuite(): Promise<string> {
  const outfile = path.join(cacheRoot, 'editor-suite/index.cjs');
  await build({
    stdin: { contents: await entryPoint(), resolveDir: projectRoot, sourcefile: 'editor-suite.ts', loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22.18',
    format: 'cjs',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return outfile;
}

/** The test files are required one by one while the suite runs, because mocha's globals must be there first. */
async function entryPoint(): Promise<string> {
  const requires = (await testFiles('editor')).map((file) => `() => require('./${file.replaceAll('\\', '/')}')`);
  return [
    "import { runEditorSuite } from './test/harness/editor-suite.ts';",
    `export const run = () => runEditorSuite([${requires.join(', ')}]);`,
  ].join('\n');
}

if (import.meta.main) console.log(await bundleEditorSuite());

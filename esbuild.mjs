// Builds everything that ships, into dist/. `node esbuild.mjs --watch` rebuilds on change.
import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { parseArgs, promisify } from 'node:util';
import { build, context } from 'esbuild';

const { watch } = parseArgs({ options: { watch: { type: 'boolean', default: false } } }).values;

const shared = { bundle: true, minify: true, sourcemap: true, logLevel: 'warning', legalComments: 'linked' };

/** Command line, programming interface, engine process and kernel worker: ES modules that share their code. */
const node = {
  ...shared,
  entryPoints: {
    cli: 'src/cli/main.ts',
    index: 'src/engine/index.ts',
    'engine-process': 'src/extension/engine/engine-process.ts',
    'kernel-worker': 'src/engine/learners/kernel-worker.ts',
    'scoring-worker': 'src/engine/batch/scoring-worker.ts',
  },
  outdir: 'dist',
  chunkNames: 'chunk-[hash]',
  platform: 'node',
  target: 'node22.18',
  format: 'esm',
  splitting: true,
  // CommonJS packages inside the bundle still call require() and look at __filename.
  banner: {
    js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url); const __filename = import.meta.filename;",
  },
};

/** The editor's host: one CommonJS file, because every supported VS Code loads that. */
const extension = {
  ...shared,
  entryPoints: { extension: 'src/extension/extension.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  platform: 'node',
  target: 'node22.18',
  format: 'cjs',
  external: ['vscode'],
};

/** One script and one style sheet per webview panel. */
const webviews = {
  ...shared,
  entryPoints: {
    run: 'webview-ui/run/main.tsx',
    compare: 'webview-ui/compare/main.tsx',
    batch: 'webview-ui/batch/main.tsx',
  },
  outdir: 'dist/webview',
  platform: 'browser',
  target: 'chrome138',
  format: 'iife',
  tsconfig: 'webview-ui/tsconfig.json',
};

async function copyAssets() {
  await mkdir('dist/webview', { recursive: true });
  await cp('node_modules/@vscode/codicons/dist/codicon.css', 'dist/webview/codicon.css');
  await cp('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/webview/codicon.ttf');
  await cp('src/engine/model/python', 'dist/python', { recursive: true });
}

/** The types of the programming interface, which bundling loses. */
async function writeTypes() {
  await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json']);
}

await rm('dist', { recursive: true, force: true });
if (watch) {
  const contexts = await Promise.all([node, extension, webviews].map((options) => context(options)));
  await copyAssets();
  await Promise.all(contexts.map((each) => each.watch()));
} else {
  await Promise.all([node, extension, webviews].map((options) => build(options)));
  await copyAssets();
  await writeTypes();
}

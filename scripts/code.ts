// `npm run code [FOLDER] [--server]`: VS Code with this extension on an example. Without a desktop VS Code on PATH (or
// with --server) it is the same server that the tests use, for your browser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from './cache.ts';
import { editors, installEditor } from './code-server.ts';
import { startEditorServer, workbenchAddress } from './editor-server.ts';
import { run, runChecked } from './subprocess.ts';

const { values, positionals } = parseArgs({ options: { server: { type: 'boolean' } }, allowPositionals: true });
const folder = path.resolve(positionals[0] ?? path.join(projectRoot, 'examples/breast-cancer'));
const isWindows = process.platform === 'win32';

await runChecked(process.execPath, ['esbuild.mjs'], { cwd: projectRoot });
if (!values.server && (await hasDesktop())) openDesktop();
else await serve();

async function hasDesktop(): Promise<boolean> {
  return run('code', ['--version'], { shell: isWindows }).then(
    ({ code }) => code === 0,
    () => false,
  );
}

function openDesktop(): void {
  spawn('code', [`--extensionDevelopmentPath=${projectRoot}`, folder], { stdio: 'inherit', shell: isWindows });
}

async function serve(): Promise<void> {
  console.log(`Getting ${editors.newest.title} ready; the first time it is downloaded (600 MB on disk).`);
  const server = await startEditorServer(await installEditor('newest'), { installedExtension: projectRoot });
  console.log(`${folder} is open at\n\n  ${workbenchAddress(server, { folder })}\n\nCtrl-C ends the server.`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
  process.exit(0);
}

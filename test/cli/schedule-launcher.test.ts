import * as assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { type ProcessResult, run, runChecked } from '../../scripts/subprocess.ts';
import { writeLauncher } from '../../src/engine/scheduling/launcher.ts';
import { batchLauncher } from '../../src/engine/scheduling/launcher-script.ts';

describe('The launcher', () => {
  let home: string;
  let launcher: string;

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), "gnu-mlops it's home-"));
    launcher = path.join(home, '.local/share/gnu-mlops/bin/gnu-mlops');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** As cron starts it; PATH holds only what the test puts there, and the tools of the shell. */
  function start(args: string[], extra = ''): Promise<ProcessResult> {
    const tools = path.join(home, 'tools');
    mkdirSync(tools, { recursive: true });
    for (const tool of ['sh', 'date', 'dirname']) {
      if (!existsSync(path.join(tools, tool))) symlinkSync(`/bin/${tool}`, path.join(tools, tool));
    }
    return run(launcher, args, { cwd: home, env: { HOME: home, PATH: `${extra}${tools}` } });
  }

  const write = (command: string, node = process.execPath) =>
    writeLauncher(launcher, { node, command, isEditor: false });
  const logged = () => readFileSync(path.join(home, '.local/share/gnu-mlops/launcher.log'), 'utf8');

  /** What ships, elsewhere. */
  function packagedCopy(name: string): string {
    const folder = path.join(home, name);
    for (const part of ['bin', 'dist', 'package.json']) {
      cpSync(path.join(projectRoot, part), path.join(folder, part), {
        recursive: true,
        filter: (file) => !file.endsWith('.map'),
      });
    }
    return path.join(folder, 'bin/gnu-mlops.js');
  }

  it('runs the command of a clone, and of a packaged copy, without any environment', async () => {
    for (const command of [
      path.join(projectRoot, 'bin/gnu-mlops.js'),
      packagedCopy('extensions/gnu-mlops.gnu-mlops-0.1.0'),
    ]) {
      write(command);
      assert.equal(statSync(launcher).mode & 0o777, 0o755);
      const { code, stdout, stderr } = await start(['--version']);
      assert.deepEqual([code, stdout.trim(), stderr], [0, '0.1.0', '']);
    }
  });

  it('runs the command of the .vsix that is shipped', async () => {
    const vsix = path.join(home, 'gnu-mlops.vsix');
    const vsce = path.join(projectRoot, 'node_modules/@vscode/vsce/vsce');
    const flags = ['--no-dependencies', '--no-rewrite-relative-links', '--out', vsix];
    await runChecked(process.execPath, [vsce, 'package', ...flags], { cwd: projectRoot });
    await runChecked(process.env.PYTHON ?? 'python3', ['-m', 'zipfile', '-e', vsix, path.join(home, 'unpacked')]);
    write(path.join(home, 'unpacked/extension/bin/gnu-mlops.js'));
    const { code, stdout, stderr } = await start(['--version']);
    assert.deepEqual([code, stdout.trim(), stderr], [0, '0.1.0', '']);
    const { code: made } = await start(['init', path.join(home, 'project'), '--json']);
    assert.equal(made, 0);
  });

  it('gives arguments on as they are, and ends with the exit code of the command', async () => {
    const command = path.join(home, 'echo.mjs');
    writeFileSync(command, 'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 5;');
    write(command);
    const args = ['a b', '', "it's", '$HOME', '*', '"x"'];
    const { code, stdout } = await start(args);
    assert.deepEqual([code, JSON.parse(stdout)], [5, args]);
  });

  it('takes another good Node when its own is gone, and says so on standard error and in its log', async () => {
    const bad = path.join(home, 'bad');
    mkdirSync(bad);
    // A Node that is too old, before the good one.
    writeFileSync(path.join(bad, 'node'), '#!/bin/sh\nexit 1\n');
    chmodSync(path.join(bad, 'node'), 0o755);
    const good = path.join(home, '.nvm/versions/node/v24.0.0/bin');
    mkdirSync(good, { recursive: true });
    symlinkSync(process.execPath, path.join(good, 'node'));
    const command = packagedCopy('elsewhere');
    write(command, '/gone/node');
    const { code, stdout, stderr } = await start(['--version'], `${bad}:`);
    assert.deepEqual([code, stdout.trim()], [0, '0.1.0']);
    assert.match(
      stderr,
      /\/gone\/node is gone; using .*\.nvm\/versions\/node\/v24\.0\.0\/bin\/node\. Run "gnu-mlops schedule install"/,
    );
    assert.match(logged(), /^\d{4}-\d\d-\d\dT[\d:]+Z \/gone\/node is gone; using/);
  });

  it('says so and exits with 1 when its command is gone, unless the extension was only updated', async () => {
    write(path.join(home, 'extensions/gnu-mlops.gnu-mlops-0.1.0/bin/gnu-mlops.js'));
    const gone = await start(['--version']);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /gnu-mlops-0\.1\.0\/bin\/gnu-mlops\.js is gone\. Run "gnu-mlops schedule install"/);
    packagedCopy('extensions/gnu-mlops.gnu-mlops-0.2.0');
    assert.equal((await start(['--version'])).code, 0);
  });

  it('says so and exits with 1 when there is no Node at all', async () => {
    if (['/usr/local/bin/node', '/usr/bin/node', '/opt/homebrew/bin/node'].some((file) => existsSync(file))) {
      // This machine has one in a place that the launcher knows: a script in which those places are elsewhere stands in for it.
      const hide = (text: string) => text.replaceAll('/usr/', '/none/usr/').replaceAll('/opt/', '/none/opt/');
      write(path.join(home, 'echo.mjs'), '/gone/node');
      writeFileSync(launcher, hide(readFileSync(launcher, 'utf8')));
    } else write(path.join(home, 'echo.mjs'), '/gone/node');
    writeFileSync(path.join(home, 'echo.mjs'), '');
    const { code, stderr } = await start(['schedule', 'run', 'nightly']);
    assert.equal(code, 1);
    assert.match(stderr, /\/gone\/node is gone, and no Node 22\.18 or newer was found\. Install one/);
    assert.match(logged(), /no Node 22\.18 or newer was found/);
  });

  it('tells an editor to be Node', async () => {
    const command = path.join(home, 'env.mjs');
    writeFileSync(command, 'console.log(process.env.ELECTRON_RUN_AS_NODE)');
    writeLauncher(launcher, { node: process.execPath, command, isEditor: true });
    assert.equal((await start([])).stdout.trim(), '1');
  });

  it('is a batch file on Windows, with the same recorded paths and the same sentences', () => {
    const text = batchLauncher({
      node: 'C:\\100%\\node.exe',
      command: 'C:\\gnu mlops\\bin\\gnu-mlops.js',
      isEditor: true,
    });
    assert.match(text, /set "NODE=C:\\100%%\\node\.exe"\r\n/);
    assert.match(text, /"%NODE%" "%COMMAND%" %\*\r\n {2}exit \/b\r\n/);
    assert.match(text, /ELECTRON_RUN_AS_NODE=1/);
    assert.match(text, /no Node 22\.18 or newer was found/);
    assert.ok(text.split('\n').every((line) => line === '' || line.endsWith('\r')));
  });
});

import * as assert from 'node:assert/strict';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import type { BatchResult } from '../../src/engine/index.ts';
import { type CommandResult, exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

/** "nobody": tests that run as root would not notice permissions otherwise. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

describe('A user without rights', () => {
  let installation: string;
  let project: TemporaryProject;

  /** The command as nobody sees it: its own copy, because the clone may lie where nobody may look. */
  before(() => {
    installation = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-nobody-'));
    chmodSync(installation, 0o755);
    for (const part of ['bin', 'dist', 'package.json']) {
      cpSync(path.join(projectRoot, part), path.join(installation, part), { recursive: true });
    }
    copyFileSync(process.execPath, path.join(installation, 'node'));
  });

  after(() => rmSync(installation, { recursive: true, force: true }));

  beforeEach(async () => {
    project = exampleProject();
    chmodSync(path.dirname(project.folder), 0o755);
    const { code } = await project.run('train', '--set', 'training.cv_folds=0');
    assert.equal(code, 0);
  });

  afterEach(() => {
    chmodTree(project.folder, 0o755, 0o644);
    project.remove();
  });

  function asNobody(...args: string[]): Promise<CommandResult> {
    const node = path.join(installation, 'node');
    const who = isRoot ? { uid: NOBODY } : {};
    return gnuMlops([...args, '--json'], { cwd: project.folder, env: { HOME: '/' }, installation, node, ...who });
  }

  /** Nobody may read everything and write nothing. */
  function makeReadable(): void {
    chmodTree(project.folder, 0o555, 0o444);
  }

  async function refused(args: string[], code: number): Promise<ErrorDocument['error']> {
    const before = readdirSync(project.folder, { recursive: true }).sort();
    const result = await asNobody(...args);
    assert.equal(result.code, code, result.stdout + result.stderr);
    assert.doesNotMatch(result.stderr, /\n {4}at /);
    assert.deepEqual(readdirSync(project.folder, { recursive: true }).sort(), before);
    return parseDocument<ErrorDocument>(result, 'error').error;
  }

  it('reads a store that he may not write', async () => {
    makeReadable();
    for (const args of [['info', '--history'], ['runs']]) {
      const { code, stderr } = await asNobody(...args);
      assert.equal(code, 0, stderr);
    }
  });

  it('is told what may not be written when a command would write, and what to do', async () => {
    makeReadable();
    const locks = await refused(['train'], 1);
    assert.equal(locks.reason, 'permission');
    const store = await refused(['deploy', '--stage', 'staging'], 4);
    assert.equal(store.reason, 'store-read-only');
    for (const { details } of [locks, store]) assert.ok(details.fix);
  });

  it('is told which file he may not read', async () => {
    chmodTree(project.folder, 0o755, 0o644);
    chmodSync(path.join(project.folder, 'data/train.csv'), 0o600);
    const denied = await asNobody('validate');
    if (isRoot) assert.match(denied.stdout, /train\.csv/);
    chmodSync(path.join(project.folder, 'config.yaml'), isRoot ? 0o600 : 0o000);
    assert.match((await refused(['info'], 2)).message, /config\.yaml cannot be read/);
  });

  it('is told that he may not read the store, which is more than that he may not write it', async () => {
    chmodTree(project.folder, 0o777, 0o666);
    chmodSync(path.join(project.folder, 'mlflow.db'), isRoot ? 0o600 : 0o000);
    for (const args of [['info'], ['train']]) {
      const { reason, message } = await refused(args, 4);
      assert.equal(reason, 'unreachable');
      assert.match(message, /mlflow\.db cannot be read by this user/);
    }
  });

  it('cannot make a project where he may not write', async () => {
    makeReadable();
    const error = await refused(['init', 'new'], 1);
    assert.equal(error.reason, 'permission');
    assert.doesNotMatch(error.message, /E[A-Z]{4,}/);
  });

  it('keeps the input of a batch whose output folder he may not write', async () => {
    for (const args of [
      ['deploy', '--stage', 'staging'],
      ['deploy', '--stage', 'production'],
    ])
      await project.run(...args);
    chmodTree(project.folder, 0o777, 0o666);
    const folder = (name: string) => path.join(project.folder, 'data', name);
    for (const name of ['batch_input', 'batch_output']) mkdirSync(folder(name));
    chmodSync(folder('batch_input'), 0o777);
    chmodSync(folder('batch_output'), 0o555);
    copyFileSync(path.join(project.folder, 'data/new_rows.csv'), path.join(folder('batch_input'), 'rows.csv'));
    const set = ['--set', 'batch_inference.settle_seconds=0'];
    const { code, stdout, stderr } = await asNobody('batch', ...set);
    assert.equal(code, 1, stderr);
    const { files } = parseDocument<BatchResult>({ code, stdout, stderr }, 'batch');
    assert.match(files[0]!.error!, /not permitted.*batch_output/);
    assert.deepEqual(readdirSync(folder('batch_input')), ['rows.csv']);
    chmodSync(folder('batch_output'), 0o777);
    assert.equal((await asNobody('batch', ...set)).code, 0);
    assert.deepEqual(readdirSync(folder('batch_input')), []);
  });

  it('has one unreadable input reported and left, and the others scored', async () => {
    for (const args of [
      ['deploy', '--stage', 'staging'],
      ['deploy', '--stage', 'production'],
    ])
      await project.run(...args);
    const input = path.join(project.folder, 'data/batch_input');
    mkdirSync(input);
    for (const name of ['a.csv', 'b.csv', 'c.csv']) {
      copyFileSync(path.join(project.folder, 'data/new_rows.csv'), path.join(input, name));
    }
    chmodTree(project.folder, 0o777, 0o666);
    chmodSync(path.join(input, 'b.csv'), 0o000);
    const { code, stdout, stderr } = await asNobody('batch', '--set', 'batch_inference.settle_seconds=0');
    assert.equal(code, 1, stderr);
    const { files } = parseDocument<BatchResult>({ code, stdout, stderr }, 'batch');
    const statuses = files.map(({ input: file, status }) => `${path.basename(file)} ${status}`);
    assert.deepEqual(statuses.sort(), ['a.csv done', 'b.csv failed', 'c.csv done']);
    assert.deepEqual(readdirSync(input), ['b.csv']);
  });

  it('is told so by validate before anything is tried', async () => {
    makeReadable();
    const { code, stdout } = await asNobody('validate');
    assert.equal(code, 1);
    const { checks } = JSON.parse(stdout) as { checks: { id: string; status: string; message: string }[] };
    assert.match(checks.find(({ id }) => id === 'folders')!.message, /cannot be written/);
  });
});

/** Folders and files below (and with) `folder`, the deepest first, so that each can still be reached. */
function chmodTree(folder: string, folderMode: number, fileMode: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      chmodSync(inside, 0o755);
      chmodTree(inside, folderMode, fileMode);
    } else chmodSync(inside, fileMode);
  }
  chmodSync(folder, folderMode);
}

import * as assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DatabricksSetupResult } from '../../src/engine/index.ts';
import { DatabricksEmulator } from '../harness/databricks/emulator.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { parseDocument } from './documents.ts';

const VOLUME = '/Volumes/main/ml/gnu_mlops';

describe('gnu-mlops databricks setup', () => {
  let emulator: DatabricksEmulator;
  let project: TemporaryProject;

  beforeEach(async () => {
    emulator = await DatabricksEmulator.start();
    project = exampleProject();
  });

  afterEach(async () => {
    project.remove();
    const { violations } = emulator;
    await emulator.stop();
    assert.deepEqual(violations, []);
  });

  const file = (...parts: string[]) => path.join(project.folder, ...parts);

  function databricks(args: string[], set: string[] = []) {
    const overrides = ['databricks.volume=main.ml.gnu_mlops', ...set].flatMap((each) => ['--set', each]);
    const env = { DATABRICKS_HOST: emulator.url, DATABRICKS_TOKEN: emulator.workspace.token };
    return gnuMlops(['databricks', ...args, ...overrides], { cwd: project.folder, env });
  }

  /** Kind and action of what changed, or would. */
  async function changes(args: string[], set: string[] = []): Promise<string[]> {
    const result = await databricks([...args, '--json'], set);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    const { steps } = parseDocument<DatabricksSetupResult>(result, 'databricks-setup');
    return steps
      .filter(({ action }) => action !== 'unchanged')
      .map(({ action, kind, name }) => [action, kind, name].join(' '));
  }

  const inVolume = (name: string) => emulator.workspace.files.get(`${VOLUME}/${name}`);

  it('uploads training data again when a number changed and the size did not', async () => {
    await changes(['setup']);
    const before = readFileSync(file('data/train.csv'), 'utf8');
    const after = before.replace(/\n(\d)/, (_, digit: string) => `\n${(Number(digit) + 1) % 10}`);
    assert.ok(before !== after && before.length === after.length);
    writeFileSync(file('data/train.csv'), after);
    assert.deepEqual(await changes(['setup']), [`update data ${VOLUME}/data`]);
    assert.equal(inVolume('data/train.csv')!.toString(), after);
    assert.deepEqual(await changes(['setup']), []);
  });

  it('uploads data again that was cut off on the way, whatever it was before', async () => {
    await changes(['setup']);
    const before = readFileSync(file('data/train.csv'));
    const after = Buffer.from(
      before
        .toString()
        .replace(/\n(\d)/, '\n7')
        .replace(/\n7/, '\n0'),
    );
    assert.equal(before.length, after.length);
    writeFileSync(file('data/train.csv'), after);
    // The bytes arrive, and nothing that is asked from then on.
    let isGone = false;
    emulator.cut = {
      when: 'after',
      at: ({ method, path: at }) => (isGone ||= method === 'PUT' && at.endsWith('/train.csv')),
    };
    assert.equal((await databricks(['setup'])).code, 4);
    emulator.cut = null;
    assert.ok(inVolume('data/train.csv')!.equals(after));
    writeFileSync(file('data/train.csv'), before);
    assert.deepEqual(await changes(['setup']), [`update data ${VOLUME}/data`]);
    assert.ok(inVolume('data/train.csv')!.equals(before));
  });

  it('removes data that it uploaded and that is gone here, and nothing else', async () => {
    const set = ['data.path=data/*.csv'];
    writeFileSync(file('data/more.csv'), readFileSync(file('data/train.csv')));
    await changes(['setup'], set);
    emulator.workspace.files.set(`${VOLUME}/data/theirs.csv`, Buffer.from('a\n1\n'));
    rmSync(file('data/more.csv'));
    assert.deepEqual(await changes(['setup'], set), [`update data ${VOLUME}/data`]);
    assert.deepEqual([inVolume('data/more.csv'), inVolume('data/theirs.csv')?.toString()], [undefined, 'a\n1\n']);
  });

  it('refuses to upload a secret in plain text, and says what to write', async () => {
    const { token } = emulator.workspace;
    writeFileSync(
      file('config.yaml'),
      `${readFileSync(file('config.yaml'), 'utf8')}\ndatabricks: { token: ${token} }\n`,
    );
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr } = await databricks(['setup', ...more]);
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        /config\.yaml:\d+:\d+: databricks\.token: a secret in plain text, .*\/Workspace\/Shared\/gnu_mlops/,
      );
      assert.match(stderr, /to do: Write \$\{DATABRICKS_TOKEN\} in its place/);
      assert.ok(!stderr.includes(token));
    }
    assert.equal(emulator.workspace.workspaceFiles.size, 0);
  });

  it('leaves folder and Volume of another project alone until it is told to take them over', async () => {
    await changes(['setup'], ['mlflow.model_name=main.ml.churn']);
    const theirs = new Map([...emulator.workspace.workspaceFiles, ...emulator.workspace.files]);
    writeFileSync(file('config.yaml'), `${readFileSync(file('config.yaml'), 'utf8')}# another project\n`);
    const other = ['mlflow.model_name=main.ml.other'];
    const refused = await databricks(['setup'], other);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /\/Workspace\/Shared\/gnu_mlops belongs to another project .*: main\.ml\.churn \(this one is main\.ml\.other\)/,
    );
    assert.match(refused.stderr, /to do: Set databricks\.workspace_path .* --take-over/);
    const inOwnFolder = await databricks(['setup'], [...other, 'databricks.workspace_path=/Shared/other']);
    assert.equal(inOwnFolder.code, 1);
    assert.match(inOwnFolder.stderr, /\/Volumes\/main\/ml\/gnu_mlops belongs .*\n?to do: Set databricks\.volume/);
    const { workspaceFiles, files } = emulator.workspace;
    assert.deepEqual(new Map([...workspaceFiles, ...files]), theirs);

    const taken = await changes(['setup', '--take-over'], other);
    assert.ok(taken.includes('update file /Workspace/Shared/gnu_mlops/gnu_mlops_project.json'));
    assert.ok(taken.includes('update file /Workspace/Shared/gnu_mlops/config.yaml'));
    assert.deepEqual(await changes(['setup'], other), []);
    assert.equal((await databricks(['setup'], ['mlflow.model_name=main.ml.churn'])).code, 1);
  });

  it('does not replace a config.yaml that somebody put there by other means', async () => {
    emulator.workspace.workspaceFolders.add('/Shared/gnu_mlops');
    emulator.workspace.workspaceFiles.set('/Shared/gnu_mlops/config.yaml', Buffer.from('mlflow: {}\n'));
    const { code, stderr } = await databricks(['setup']);
    assert.equal(code, 1);
    assert.match(stderr, /belongs to another project in the workspace: somebody who left no mark/);
    assert.equal(emulator.workspace.workspaceFiles.get('/Shared/gnu_mlops/config.yaml')!.toString(), 'mlflow: {}\n');
  });
});

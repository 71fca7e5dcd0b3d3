import * as assert from 'node:assert/strict';
import { linkSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PredictResult } from '../../src/engine/index.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

const PENGUIN = [
  'island=Biscoe',
  'bill_length_mm=50',
  'bill_depth_mm=15',
  'flipper_length_mm=220',
  'body_mass_g=5200',
  'sex=male',
  'year=2009',
];

describe('Predicting on the command line', () => {
  let project: TemporaryProject;
  let rows: string;
  const file = (name: string) => path.join(project.folder, name);

  async function json<T>(schema: string, args: string[], code = 0): Promise<T> {
    const result = await project.run('predict', ...args, '--json');
    assert.equal(result.code, code, result.stdout + result.stderr);
    return parseDocument<T>(result, schema);
  }

  before(async () => {
    project = exampleProject('penguins');
    await project.run('train', '--set', 'training.cv_folds=0');
    for (const stage of ['staging', 'production']) await project.run('deploy', '--stage', stage);
    rows = readFileSync(file('data/new_rows.csv'), 'utf8');
  });

  after(() => project.remove());

  beforeEach(() => writeFileSync(file('in.csv'), rows));

  /** One row from flags, as far as the model asks for its columns. */
  function flags(changes: Record<string, string> = {}): string[] {
    const [header] = rows.split('\n');
    const given = Object.fromEntries(PENGUIN.map((pair) => pair.split('=') as [string, string]));
    return header!
      .trim()
      .split(',')
      .flatMap((name) => ['--set-feature', `${name}=${changes[name] ?? given[name] ?? ''}`]);
  }

  it('scores one row from --set-feature flags', async () => {
    const { predictions } = await json<PredictResult>('predict', flags());
    assert.deepEqual(
      predictions.map(({ prediction }) => prediction),
      ['Gentoo'],
    );
    const { error } = await json<ErrorDocument>('error', ['--set-feature', 'island'], 2);
    assert.match(error.message, /expected name=value/);
  });

  it('scores an unknown category with a warning, and refuses it with --strict', async () => {
    const unknown = flags({ island: 'Atlantis' });
    const { warnings } = await json<PredictResult>('predict', unknown);
    assert.match(warnings.join('\n'), /"island": 1 rows? holds? .*"Atlantis"/);
    const { error } = await json<ErrorDocument>('error', [...unknown, '--strict'], 1);
    assert.equal(error.reason, 'invalid-data');
    assert.match(error.message, /Atlantis/);
  });

  it('warns of the data also with --quiet', async () => {
    const { stderr } = await project.run('predict', ...flags({ island: 'Atlantis' }), '--quiet');
    assert.match(stderr, /^warning: column "island"/);
  });

  it('scores with any alias of the model, and names the aliases when there is no such one', async () => {
    const store = new DatabaseSync(file('mlflow.db'));
    store.exec(`INSERT INTO registered_model_aliases (name, alias, version)
      SELECT name, 'Champion', version FROM registered_model_aliases WHERE alias = 'GNU_Production'`);
    store.close();
    const { version } = await json<PredictResult>('predict', ['in.csv', '--alias', 'Champion']);
    assert.equal(version, '1');
    const { error } = await json<ErrorDocument>('error', ['in.csv', '--alias', 'Champ'], 1);
    assert.match(error.message, /no alias "Champ"\./);
    assert.match(error.details.fix!, /Champion, GNU_Production/);
  });

  it('never overwrites its input, the configuration or the store, under whatever name, with --force or without', async () => {
    linkSync(file('in.csv'), file('same.csv'));
    for (const [output, says] of [
      ['in.csv', /its own input/],
      [file('in.csv'), /its own input/],
      ['same.csv', /its own input/],
      ['config.yaml', /the configuration/],
      ['mlflow.db', /the store/],
      ['data', /no file/],
    ] as const) {
      for (const force of [[], ['--force']]) {
        const { error } = await json<ErrorDocument>('error', ['in.csv', '--output', output, ...force], 2);
        assert.equal(error.reason, 'usage');
        assert.match(error.message, says);
      }
    }
    assert.equal(readFileSync(file('in.csv'), 'utf8'), rows);
    assert.equal((await project.run('info')).code, 0);
  });

  it('replaces another file that exists only with --force', async () => {
    writeFileSync(file('out.csv'), 'kept');
    const { error } = await json<ErrorDocument>('error', ['in.csv', '--output', 'out.csv'], 2);
    assert.match(`${error.message} ${error.details.fix}`, /out\.csv exists already.*--force/);
    assert.equal(readFileSync(file('out.csv'), 'utf8'), 'kept');
    await json<PredictResult>('predict', ['in.csv', '--output', 'out.csv', '--force']);
    assert.match(readFileSync(file('out.csv'), 'utf8'), /prediction/);
  });

  it('writes rows to standard output with --output -', async () => {
    const { stdout, code } = await gnuMlops(['predict', 'in.csv', '--output', '-'], { cwd: project.folder });
    assert.equal(code, 0);
    assert.match(stdout.split('\n')[0]!, /,prediction,probability,/);
    assert.equal(stdout.trim().split('\n').length, rows.trim().split('\n').length);
  });
});

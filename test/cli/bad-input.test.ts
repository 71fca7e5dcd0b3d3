import * as assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { exampleProject, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

interface BadInput {
  what: string;
  /** Text of config.yaml, or of data/bad.csv with a configuration that reads it. */
  config?: string;
  csv?: string | Buffer;
  code: number;
  /** What the message must name: the place, and what was expected. */
  says: RegExp[];
}

const GOOD_DATA = 'data: { path: data/train.csv, target_column: diagnosis }\n';
const rows = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join('\n');
const good = rows(60, (i) => `${i},${i % 7}.5,${i % 2 ? 'yes' : 'no'}`);

const CASES: BadInput[] = [
  {
    what: 'a wrong key',
    config: `${GOOD_DATA}training:\n  tst_size: 0.2\n`,
    code: 2,
    says: [/config\.yaml:3:3/, /training\.tst_size/, /test_size/],
  },
  {
    what: 'a wrong type',
    config: `${GOOD_DATA}training:\n  cv_folds: many\n`,
    code: 2,
    says: [/config\.yaml:3:13/, /found "many"/, /integer/],
  },
  {
    what: 'a wrong value',
    config: `${GOOD_DATA}training: { split: random }\n`,
    code: 2,
    says: [/config\.yaml:2:20/, /hash, stratified, time/],
  },
  { what: 'broken YAML', config: 'data: [\n', code: 2, says: [/config\.yaml:\d+:\d+/, /not valid YAML/] },
  {
    what: 'an unknown target column',
    config: 'data: { path: data/train.csv, target_column: diagnosys }\n',
    code: 2,
    says: [/data\.target_column/, /did you mean "diagnosis"/],
  },
  { what: 'a file that is missing', config: 'data: { path: data/none.csv }\n', code: 4, says: [/none\.csv/] },
  { what: 'ragged rows', csv: 'a,b,target\n1,2,x\n1,2\n', code: 1, says: [/bad\.csv:3/, /2 fields/, /header has 3/] },
  {
    what: 'text among numbers',
    csv: `a,b,target\n${good}\n7,oops,yes\n`,
    code: 1,
    says: [/bad\.csv:62|row 61|line 62/, /"?b"?/, /oops/],
  },
  { what: 'an empty file', csv: '', code: 1, says: [/bad\.csv/, /empty/, /header/, /first line/] },
  {
    what: 'a header and nothing else',
    csv: 'a,b,target\n',
    code: 1,
    says: [/bad\.csv/, /has no rows/, /below the header/],
  },
  {
    what: 'one class only',
    csv: `a,b,target\n${rows(60, (i) => `${i},${i},yes`)}\n`,
    code: 1,
    says: [/one class only \(yes\)/],
  },
  { what: 'a quote that is never closed', csv: 'a,b,target\n1,"2,x\n', code: 1, says: [/bad\.csv:2/, /quote/] },
  { what: 'a missing target column', csv: `a,b,c\n${good}\n`, code: 2, says: [/no column "target"/, /a, b, c/] },
];

/** Forms of the same good file that must all be read. */
const GOOD_FORMS: Record<string, string> = {
  'a byte order mark': `\ufeffa,b,target\n${good}\n`,
  'Windows line ends': `a,b,target\n${good}\n`.replaceAll('\n', '\r\n'),
  'quotes and new lines inside fields': `"a","the ""b""\ncolumn",target\n${good}\n`,
};

describe('Bad input', () => {
  let project: TemporaryProject;
  const file = (name: string) => path.join(project.folder, name);

  /** Everything in the project but logs and locks: what a failed command must leave as it was. */
  function fingerprint(): Record<string, string> {
    const names = readdirSync(project.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\/(logs|\.gnu-mlops)(\/|$)/.test(entry.parentPath))
      .map((entry) => path.join(entry.parentPath, entry.name));
    return Object.fromEntries(
      names.map((name) => [name, createHash('sha256').update(readFileSync(name)).digest('hex')]),
    );
  }

  /** The one error of a command that must fail without a trace. */
  async function refused(args: string[], code: number): Promise<string> {
    const before = fingerprint();
    const result = await project.run(...args, '--json');
    assert.equal(result.code, code, result.stdout + result.stderr);
    const { error } = parseDocument<ErrorDocument>(result, 'error');
    assert.doesNotMatch(result.stderr, /\n {4}at /);
    assert.deepEqual(fingerprint(), before);
    return `${error.message}\n${error.details.fix ?? ''}`;
  }

  beforeEach(async () => {
    project = exampleProject();
    const { code, stderr } = await project.run('train', '--set', 'training.cv_folds=0');
    assert.equal(code, 0, stderr);
  });

  afterEach(() => project.remove());

  for (const { what, config, csv, code, says } of CASES) {
    it(`such as ${what} gives one message with the place and a way out, and leaves the store as it was`, async () => {
      if (csv !== undefined) writeFileSync(file('data/bad.csv'), csv);
      writeFileSync(file('config.yaml'), config ?? 'data: { path: data/bad.csv, target_column: target }\n');
      const message = await refused(['train'], code);
      for (const expected of says) assert.match(message, expected);
    });
  }

  for (const [what, text] of Object.entries(GOOD_FORMS)) {
    it(`is not what ${what} is: such a file is read`, async () => {
      writeFileSync(file('data/good.csv'), text);
      writeFileSync(
        file('config.yaml'),
        'data: { path: data/good.csv, target_column: target }\ntraining: { cv_folds: 0 }\n',
      );
      const { code, stderr } = await project.run('train');
      assert.equal(code, 0, stderr);
    });
  }

  it('such as a store that is no SQLite file is refused with 4', async () => {
    writeFileSync(
      file('mlflow.db'),
      'this is no database, but long enough to be looked at as if it were one. '.repeat(20),
    );
    assert.match(await refused(['train'], 4), /mlflow\.db/);
  });

  it('such as a SQLite file of something else is refused with 4', async () => {
    const other = new DatabaseSync(file('other.db'));
    other.exec('CREATE TABLE bookmarks (id INTEGER)');
    other.close();
    const message = await refused(['train', '--set', 'mlflow.tracking_uri=sqlite:///other.db'], 4);
    assert.match(message, /other\.db/);
    assert.match(message, /not one of MLflow's/);
  });

  it('such as a store that another program holds locked gives 4 after the wait, with a way out', async () => {
    const holder = spawn(process.execPath, [
      '-e',
      `const db = new (require('node:sqlite').DatabaseSync)(${JSON.stringify(file('mlflow.db'))});
       db.exec('BEGIN EXCLUSIVE'); console.log('held'); setInterval(() => {}, 1000)`,
    ]);
    try {
      await once(holder.stdout, 'data');
      const result = await project.run('train', '--json');
      assert.equal(result.code, 4, result.stderr);
      const { error } = parseDocument<ErrorDocument>(result, 'error');
      assert.equal(error.reason, 'store-locked');
      assert.ok(error.details.fix);
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
  });

  it('such as a model folder that was cut off or altered stops at a gate, and predict says which file', async () => {
    await project.run('deploy', '--stage', 'staging');
    await project.run('deploy', '--stage', 'production');
    const folders = readdirSync(file('mlruns'), { recursive: true, withFileTypes: true });
    const onnx = folders.find(({ name }) => name === 'model.onnx')!;
    const model = path.join(onnx.parentPath, onnx.name);
    const whole = readFileSync(model);
    truncateSync(model, whole.length - 100);
    assert.match(await refused(['predict', 'data/new_rows.csv'], 1), /model\.onnx/);
    const altered = Buffer.from(whole);
    altered[Math.floor(whole.length / 2)]! ^= 0x55;
    writeFileSync(model, altered);
    assert.match(await refused(['predict', 'data/new_rows.csv'], 1), /altered|model\.onnx/);
    await project.run('train', '--set', 'training.cv_folds=0');
    await project.run('deploy', '--stage', 'staging');
    await project.run('deploy', '--stage', 'production');
    const refusal = await refused(['rollback'], 3);
    assert.match(refusal, /digest|loads/);
    assert.doesNotMatch(refusal, /\.\./);
    writeFileSync(model, whole);
    const { code } = await project.run('rollback');
    assert.equal(code, 0);
  });

  it('such as rows that do not fit the model names row and column', async () => {
    await project.run('deploy', '--stage', 'staging');
    const lines = readFileSync(file('data/new_rows.csv'), 'utf8').split('\n');
    writeFileSync(file('data/wrong.csv'), [lines[0], lines[1], lines[2]!.replace(/^[^,]*/, 'wide')].join('\n'));
    const message = await refused(['predict', 'data/wrong.csv', '--stage', 'staging'], 1);
    assert.match(message, /wrong\.csv:3/);
    assert.match(message, /"mean_radius": found "wide"; expected a number/);
    writeFileSync(file('data/missing.csv'), lines.map((line) => line.slice(line.indexOf(',') + 1)).join('\n'));
    assert.match(
      await refused(['predict', 'data/missing.csv', '--stage', 'staging'], 1),
      /lacks the column "mean_radius"/,
    );
  });

  it('such as what arrives in a later release is refused in so many words', async () => {
    const cases: [string[], RegExp][] = [
      [['train', '--set', 'model.algorithm=logistic_regression'], /logistic_regression arrives in a later release/],
      [['train', '--set', 'mlflow.tracking_uri=mysql://127.0.0.1/x'], /the address of an MLflow server/],
      [['train', '--set', 'mlflow.registry_uri=databricks-uc'], /arrives later/],
    ];
    for (const [args, says] of cases) assert.match(await refused(args, 2), says);
    await project.run('deploy', '--stage', 'staging');
    writeFileSync(file('rows.parquet'), 'PAR1');
    const broken = await refused(['predict', 'rows.parquet', '--stage', 'staging'], 1);
    assert.match(broken, /rows\.parquet: Not a Parquet file that can be read/);
  });

  it('such as an env_file that others can read is refused with the command that mends it', async () => {
    writeFileSync(file('.env'), 'SMTP_PASSWORD=canary\n');
    chmodSync(file('.env'), 0o644);
    writeFileSync(file('config.yaml'), `env_file: .env\n${GOOD_DATA}`);
    assert.match(await refused(['train'], 2), /chmod 600/);
  });

  it('says with validate all that is wrong with config.yaml at once, hyper-parameters too', async () => {
    const model = 'model:\n  hyperparameters: { n_estimators: lots, max_dept: 3 }\n';
    writeFileSync(path.join(project.folder, 'config.yaml'), `${GOOD_DATA}${model}training:\n  tst_size: 0.2\n`);
    const { code, stdout } = await project.run('validate');
    assert.equal(code, 2);
    assert.match(stdout, /config\.yaml:5:3: training\.tst_size/);
    assert.match(stdout, /config\.yaml:3:\d+: model\.hyperparameters\.n_estimators: found "lots"/);
    assert.match(stdout, /config\.yaml:3:\d+: model\.hyperparameters\.max_dept/);
  });
});

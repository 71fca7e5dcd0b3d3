import * as assert from 'node:assert/strict';
import path from 'node:path';
import { validate } from '../../../src/engine/setup/validate.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { train } from '../../../src/engine/training/train.ts';
import { configLanguage } from '../../../src/extension/engine/service/config-language.ts';
import { ProjectPool } from '../../../src/extension/engine/service/project-pool.ts';
import { type TemporaryProject, temporaryProject } from '../training/temporary-project.ts';

const DATA = 'data: { path: train.csv, target_column: t }\n';

/** What the schema accepts and is wrong all the same: the text, and where and what is said. */
const WRONG: [name: string, text: string, says: RegExp, fix: RegExp][] = [
  [
    'a hyper-parameter that the algorithm does not have',
    `${DATA}model:\n  hyperparameters: { n_estimatorz: 5 }\n`,
    /^config\.yaml:3:22: model\.hyperparameters\.n_estimatorz: unknown hyper-parameter of random_forest; did you mean "n_estimators"\?$/,
    /n_estimators/,
  ],
  [
    'a hyper-parameter out of range',
    `${DATA}model:\n  hyperparameters: { max_depth: 0 }\n`,
    /^config\.yaml:3:33: model\.hyperparameters\.max_depth: found 0; expected an integer of at least 1 or null$/,
    /validate/,
  ],
  [
    'an algorithm of a later release',
    `${DATA}model: { algorithm: logistic_regression }\n`,
    /^config\.yaml:2:21: model\.algorithm: logistic_regression arrives in a later release$/,
    /Use one of random_forest/,
  ],
  [
    'a target column with a typing error',
    'data:\n  path: train.csv\n  target_column: regionn\n',
    /^config\.yaml:3:18: data\.target_column: the data has no column "regionn"/,
    /Write|Columns: /,
  ],
  [
    'a feature that is not there',
    'data: { path: train.csv, target_column: t, feature_columns: [age, agee] }\n',
    /^config\.yaml:1:67: data\.feature_columns\[1\]: the data has no column "agee"; did you mean "age"\?$/,
    /age/,
  ],
  [
    'a positive class that no row has',
    'data: { path: train.csv, target_column: t, positive_class: maybe }\n',
    /^config\.yaml:1:60: data\.positive_class: found "maybe"; expected one of .+$/,
    /validate/,
  ],
  [
    'a data file that is missing',
    'data:\n  path: none.csv\n  target_column: t\n',
    /^config\.yaml:2:9: data\.path: .+none\.csv does not exist$/,
    /Put the training data there/,
  ],
  [
    'a database that only a server opens',
    `${DATA}mlflow:\n  tracking_uri: postgresql://localhost/mlflow\n`,
    /^config\.yaml:3:17: mlflow\.tracking_uri: found "postgresql:\/\/localhost\/mlflow"; expected sqlite:\/\/\/FILE, http\(s\):\/\/HOST or databricks$/,
    /the address of an MLflow server/,
  ],
  [
    'a registry apart from the store',
    `${DATA}mlflow: { registry_uri: databricks-uc }\n`,
    /^config\.yaml:2:25: mlflow\.registry_uri: found "databricks-uc"; a registry apart .* arrives later$/,
    /registry_uri: null/,
  ],
  [
    'a store that is no file',
    `${DATA}mlflow: { tracking_uri: "sqlite://" }\n`,
    /^config\.yaml:2:25: mlflow\.tracking_uri: found "sqlite:\/\/", which names no file$/,
    /sqlite:\/\/\/mlflow\.db/,
  ],
  [
    'no time to split by',
    `${DATA}training: { split: time }\n`,
    /^config\.yaml:2:11: training\.time_column: found null; expected a column of the data, because of split: time$/,
    /Columns: /,
  ],
  [
    'weights that the data does not have',
    `${DATA}training: { weights_column: w8 }\n`,
    /^config\.yaml:2:29: training\.weights_column: the data has no column "w8"/,
    /Columns: |Write/,
  ],
  [
    'sides that leave no row to train on',
    `${DATA}training: { test_size: 0.5, validation_size: 0.5 }\n`,
    /^config\.yaml:2:46: training\.validation_size: found 0\.5, which with test_size 0\.5 leaves no row .*; expected less than 0\.5$/,
    /validate/,
  ],
  [
    'a delimiter of no sign that a CSV file has',
    'data: { path: train.csv, target_column: t, delimiter: "ä" }\n',
    /^config\.yaml:1:55: data\.delimiter: found "ä"; expected one ASCII sign$/,
    /comma/,
  ],
];

describe('A value that the schema accepts and that is wrong', () => {
  let temporary: TemporaryProject;
  const configFile = () => path.join(temporary.folder, 'config.yaml');

  before(async () => {
    temporary = await temporaryProject();
  });

  after(() => temporary.dispose());

  /** What a training says, from opening the project on. */
  async function refusal(set: string[] = []): Promise<EngineError> {
    try {
      await train(await temporary.reopen(set));
    } catch (error) {
      assert.ok(EngineError.is(error), String(error));
      return error;
    }
    return assert.fail('it was trained');
  }

  for (const [name, text, says, fix] of WRONG) {
    it(`such as ${name} is told with its place, alike by train, validate and the editor`, async () => {
      temporary.write('config.yaml', text);
      const error = await refusal();
      assert.match(error.message, says);
      assert.ok(error.details.fix, 'there is something to do');
      const { checks } = await validate({ configFile: configFile(), env: {} });
      const failed = checks.filter(({ status }) => status === 'error');
      assert.deepEqual(
        failed.map(({ message, reason }) => [message, reason]),
        [[error.message, error.reason]],
      );
      assert.match(`${failed[0]!.fix} ${error.details.fix}`, fix);
      const pool = new ProjectPool(() => undefined);
      const diagnostics = await configLanguage(pool).diagnose({ configFile: configFile(), trusted: true }, text);
      await pool.close();
      assert.deepEqual(
        diagnostics.map(({ range, message }) => `config.yaml:${range.line}:${range.column}: ${message}`),
        [error.message],
      );
    });
  }

  it('is told of by the flag that it came from, with nothing to correct in the file', async () => {
    temporary.write('config.yaml', DATA);
    const { message, details } = await refusal(['model.hyperparameters.max_depth=0']);
    assert.match(message, /^--set model\.hyperparameters\.max_depth: .*found 0; expected an integer/);
    assert.equal(details.fix, 'Correct --set model.hyperparameters.max_depth, then run the command again.');
  });

  it('is one of several, all of which validate tells', async () => {
    temporary.write(
      'config.yaml',
      `${DATA}model: { hyperparameters: { depth: 1, n_estimators: 0, max_features: sqr } }\n`,
    );
    const { checks } = await validate({ configFile: configFile(), env: {} });
    assert.equal(checks.filter(({ id, status }) => id === 'model' && status === 'error').length, 3);
  });

  it('does not stop a training that has other data to fall back on', async () => {
    const text = 'data: { path: none.csv, fallback: synthetic }\n';
    temporary.write('config.yaml', text);
    const { checks } = await validate({ configFile: configFile(), env: {} });
    assert.deepEqual(
      checks.filter(({ status }) => status === 'error'),
      [],
    );
  });
});

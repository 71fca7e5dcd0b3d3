import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../../../src/engine/config/load.ts';
import { parseSetFlag } from '../../../src/engine/config/overrides.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { inspectText, messagesOf } from './config-text.ts';

describe('The layers of the configuration', () => {
  it('are --set over the environment over env_file over the file over the defaults', () => {
    const { folder, remove } = temporaryFolder();
    try {
      const file = path.join(folder, 'config.yaml');
      const text = [
        'env_file: .env',
        'training:',
        ...['test_size', 'validation_size', 'cv_folds', 'random_seed'].map(key),
      ];
      function key(name: string, index: number) {
        return `  ${name}: ${index < 2 ? 0.1 : 2}`;
      }
      writeFileSync(file, text.join('\n'));
      const secret = ['GNU_MLOPS__TRAINING__VALIDATION_SIZE=0.2', 'GNU_MLOPS__TRAINING__CV_FOLDS=3'];
      writeFileSync(path.join(folder, '.env'), [...secret, 'GNU_MLOPS__TRAINING__RANDOM_SEED=3'].join('\n'), {
        mode: 0o600,
      });
      const { config } = loadConfig({
        file,
        env: { GNU_MLOPS__TRAINING__CV_FOLDS: '4', GNU_MLOPS__TRAINING__RANDOM_SEED: '4' },
        overrides: [parseSetFlag('training.random_seed=5')],
      });
      const { test_size, validation_size, cv_folds, random_seed, n_jobs } = config.training;
      assert.deepEqual([test_size, validation_size, cv_folds, random_seed, n_jobs], [0.1, 0.2, 4, 5, -1]);
    } finally {
      remove();
    }
  });

  it('take the standard variables of MLflow and Databricks, which ours beat', () => {
    const { config } = inspectText('mlflow: { tracking_uri: "sqlite:///a.db" }', [], {
      MLFLOW_TRACKING_URI: 'http://tracking:5000',
      MLFLOW_EXPERIMENT_NAME: 'nightly',
      DATABRICKS_HOST: 'https://adb-1.net',
      DATABRICKS_TOKEN: 'dapi-secret',
      GNU_MLOPS__MLFLOW__EXPERIMENT_NAME: 'ours',
    });
    assert.equal(config.mlflow.tracking_uri, 'http://tracking:5000');
    assert.equal(config.mlflow.experiment_name, 'ours');
    assert.deepEqual([config.databricks.host, config.databricks.token], ['https://adb-1.net', 'dapi-secret']);
  });

  it('leave the file alone where a standard variable is empty', () => {
    const { config } = inspectText('mlflow: { tracking_uri: "sqlite:///a.db" }', [], { MLFLOW_TRACKING_URI: '' });
    assert.equal(config.mlflow.tracking_uri, 'sqlite:///a.db');
  });

  it('read values of flags and variables as YAML', () => {
    const { config, findings } = inspectText(
      '',
      ['data.feature_columns=[a, b]', 'deployment.gates.staging={accuracy: {max: 0.9}}', 'training.time_column=null'],
      { GNU_MLOPS__RETRAINING__ENABLED: 'false', GNU_MLOPS__MODEL__HYPERPARAMETERS__MAX_DEPTH: '7' },
    );
    assert.deepEqual(findings, []);
    assert.deepEqual(config.data.feature_columns, ['a', 'b']);
    assert.deepEqual(config.deployment.gates.staging, { accuracy: { max: 0.9 } });
    assert.equal(config.retraining.enabled, false);
    assert.equal(config.model.hyperparameters.max_depth, 7);
  });

  it('keep a flag or variable as text where text is expected, even when it looks like a number', () => {
    const { config, findings } = inspectText('mlflow: { model_name: "${NAME}" }', ['mlflow.experiment_name=2024'], {
      NAME: '007',
      GNU_MLOPS__DATABRICKS__TOKEN: '12345678',
    });
    assert.deepEqual(findings, []);
    assert.equal(config.mlflow.experiment_name, '2024');
    assert.equal(config.mlflow.model_name, '007');
    assert.equal(config.databricks.token, '12345678');
  });

  it('reach into lists by number', () => {
    const text = 'schedules: [{ id: a, operation: batch, cron: "0 1 * * *" }]';
    const { config } = inspectText(text, ['schedules.0.enabled=false']);
    assert.deepEqual(
      config.schedules.map(({ id, enabled }) => [id, enabled]),
      [['a', false]],
    );
  });

  it('refuse a flag without a key, without a value, or that is not YAML', () => {
    for (const flag of ['training', '=3', 'data.feature_columns=[a']) {
      assert.throws(
        () => parseSetFlag(flag),
        (error) => EngineError.is(error, 'usage') && error.message.includes('--set'),
      );
    }
  });

  it('name the flag or variable that is to blame, and not the file', () => {
    const text = 'training: { test_size: 0.3 }\nschedules: [{ id: a, operation: batch, cron: "0 1 * * *" }]';
    const loaded = inspectText(text, ['training.test_size=much', 'schedules.0.cron=1'], {
      GNU_MLOPS__TRAINING__CV_FOLDS: '1',
    });
    assert.deepEqual(messagesOf(loaded), [
      '--set training.test_size: training.test_size: found "much"; expected a number',
      'environment GNU_MLOPS__TRAINING__CV_FOLDS: training.cv_folds: found 1; expected 0 or at least 2',
    ]);
  });

  it('do not blame a flag for a key that only begins like it', () => {
    const [message] = messagesOf(inspectText('training:\n  cv_folds_old: 3', ['training.cv_folds=4']));
    assert.match(message!, /^config\.yaml:2:3: training\.cv_folds_old: unknown key/);
  });

  it('cannot be used to reach into the program', () => {
    const loaded = inspectText('', ['__proto__.polluted=1', 'constructor.prototype.polluted=1']);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    assert.equal(loaded.findings.length, 2);
  });
});

import * as assert from 'node:assert/strict';
import { type ConfigSchema, configSchema } from '../../../src/engine/config/schema.ts';
import { inspectText, messagesOf } from './config-text.ts';

/** The example of the product's contract, every key of it. */
const EXAMPLE = `
env_file: null
databricks: { host: "\${DATABRICKS_HOST}", token: "\${DATABRICKS_TOKEN}", profile: null, workspace_path: /Shared/gnu_mlops, warehouse_id: null }
mlflow:
  tracking_uri: sqlite:///mlflow.db
  registry_uri: null
  experiment_name: gnu_mlflow_config
  model_name: gnu_mlops_model
model:
  algorithm: random_forest
  hyperparameters: { n_estimators: 100, max_depth: 10, random_state: 42 }
training: { test_size: 0.2, validation_size: 0, split: hash, time_column: null, cv_folds: 5, random_seed: 42, n_jobs: -1, scaler: standard, class_weight: null, weights_column: null }
data:
  source: local
  path: data/train.csv
  table: catalog.schema.table
  s3: { endpoint: null, region: null, path_style: false }
  delimiter: null
  feature_columns: []
  target_column: target
  positive_class: null
  fallback: none
deployment:
  gates: { staging: { accuracy: 0.70 }, production: { accuracy: 0.80 } }
  endpoint: { name: gnu-mlops, port: 8080 }
  compute: { workers: 2, instance_type: i3.xlarge }
monitoring: { drift_detection: true, prediction_logging: true, psi_threshold: 0.2, ks_alpha: 0.01, window: 7, alert_emails: [] }
retraining:
  enabled: true
  interval_days: 30
  auto_deploy: true
  metric: accuracy
  improvement_threshold: 0.01
  bootstrap_confidence: 0.95
  triggers: [age]
  soak: 0h
  rollback_on: [load_failure, refused_share, constant_output]
  notification_email: null
batch_inference:
  input_path: data/batch_input
  output_path: data/batch_output
  archive_path: data/batch_archive
  model_stage: GNU_Production
  batch_size: 10000
  parallel_files: 1
  settle_seconds: 5
  max_refused_share: 0.05
  escape_formulas: false
  limits: { max_line_bytes: 16777216, max_expansion: 200 }
  archive_processed: true
  notification_email: null
schedules:
  - { id: daily-batch, operation: batch, cron: "0 13 * * *", timezone: America/Los_Angeles, enabled: true, jitter_seconds: 0, catch_up: true }
notifications: { smtp: { host: null, port: 587, secure: false, user: "\${SMTP_USER:-}", password: "\${SMTP_PASSWORD:-}", from: null }, webhooks: [], digest: none }
logs: { retention_days: 30 }
`;

describe('The schema of config.yaml', () => {
  it('accepts every key of the contract', () => {
    const { config, findings } = inspectText(EXAMPLE, [], { DATABRICKS_HOST: 'https://adb-1.net' });
    assert.deepEqual(findings, []);
    assert.equal(config.databricks.host, 'https://adb-1.net');
  });

  it('has the defaults of the contract', () => {
    const given = inspectText(EXAMPLE).config;
    const defaults = inspectText('').config;
    assert.deepEqual(
      {
        ...defaults,
        schedules: given.schedules,
        model: given.model,
        data: { ...defaults.data, table: given.data.table },
      },
      given,
    );
  });

  it('gives every key a default, so that no setting is ever undefined', () => {
    const without: string[] = [];
    collect(configSchema, '', without);
    assert.deepEqual(without, []);
    const { config } = inspectText('');
    JSON.stringify(config, (key, value) => {
      assert.notEqual(value, undefined, key);
      return value;
    });
  });

  it('gives a schedule its defaults', () => {
    const { config } = inspectText('schedules: [{ id: a, operation: retrain, cron: "0 1 * * *" }]');
    assert.deepEqual(config.schedules[0], {
      id: 'a',
      operation: 'retrain',
      cron: '0 1 * * *',
      timezone: 'UTC',
      enabled: true,
      jitter_seconds: 0,
      catch_up: true,
    });
  });

  it('accepts a gate with a lower, an upper or both bounds', () => {
    const text =
      'deployment: { gates: { staging: { log_loss: { max: 0.5 }, accuracy: { min: 0.7, max: 0.99 }, f1: 0.6 } } }';
    assert.deepEqual(messagesOf(inspectText(text)), []);
  });
});

function collect(schema: ConfigSchema, path: string, without: string[]): void {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) without.push(path + key);
    if (!property.description) without.push(`${path}${key} (description)`);
    collect(property, `${path}${key}.`, without);
  }
}

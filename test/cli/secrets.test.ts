import * as assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exampleProject, gnuMlops, type TemporaryProject } from './command.ts';

/** One value per way in; each must be found nowhere that a command writes. */
const CANARIES = {
  environment: 'canary-env-3f9a',
  file: 'canary-file-77b1',
  configuration: 'canary-conf-c04d',
  uri: 'canary-uri-e5e8',
  webhook: 'canary-hook-9d2c',
};

const CONFIG = `
env_file: .env
mlflow: { tracking_uri: sqlite:///mlflow.db, experiment_name: breast_cancer, model_name: gnu_mlops_model }
training: { cv_folds: 2 }
data: { path: data/train.csv, target_column: diagnosis }
databricks: { token: "\${DATABRICKS_TOKEN}" }
notifications:
  smtp: { host: mail.example.org, user: operator, password: ${CANARIES.configuration} }
  webhooks: ["https://hooks.example.org/services/${CANARIES.webhook}"]
`;

describe('Secrets of configuration and environment', () => {
  let project: TemporaryProject;

  before(() => {
    project = exampleProject();
    writeFileSync(path.join(project.folder, 'config.yaml'), CONFIG);
    writeFileSync(path.join(project.folder, '.env'), `SMTP_PASSWORD=${CANARIES.file}\n`);
    chmodSync(path.join(project.folder, '.env'), 0o600);
  });

  after(() => project.remove());

  it('appear in no store, artifact, log, document or error', async () => {
    const printed: string[] = [];
    const env = { DATABRICKS_TOKEN: CANARIES.environment, MLFLOW_TRACKING_PASSWORD: CANARIES.environment };
    const run = async (code: number, ...args: string[]) => {
      for (const form of [[], ['--json'], ['--verbose']]) {
        const result = await gnuMlops([...args, ...form], { cwd: project.folder, env });
        assert.equal(result.code, code, result.stderr);
        printed.push(result.stdout, result.stderr);
      }
    };
    await run(0, 'validate');
    await run(0, 'train');
    await run(0, 'deploy', '--stage', 'staging', '--notes', `the token is ${CANARIES.environment}`);
    await run(0, 'deploy', '--stage', 'production');
    await run(0, 'info', '--history');
    await run(0, 'predict', 'data/new_rows.csv');
    await run(0, 'logs');
    await run(4, 'train', '--set', `mlflow.tracking_uri=http://operator:${CANARIES.uri}@127.0.0.1:1`);
    const database = `postgresql+psycopg2://operator:${CANARIES.uri}@db/mlflow`;
    await run(2, 'info', '--set', `mlflow.tracking_uri=${database}`);
    await run(2, 'info', '--set', `mlflow.registry_uri=${database}`);
    await run(2, 'info', '--set', `mlflow.tracking_uri=http://me:100%${CANARIES.uri}@127.0.0.1:1`);
    await run(2, 'copy', '--to', `http://me:a/b@${CANARIES.uri}@host:99999`);
    await run(2, 'validate', '--set', `mlflow.tracking_uri=https://me:a@b/${CANARIES.uri}@host`);
    await run(4, 'train', '--set', `data.path=data/${CANARIES.environment}.csv`);
    await run(2, 'train', '--set', `model.algorithm=${CANARIES.environment}`);
    const written = readdirSync(project.folder, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() &&
          !['.env', 'config.yaml'].includes(entry.name.replace(/^config\.yaml$/, topLevel(entry.parentPath))),
      )
      .map((entry) => path.join(entry.parentPath, entry.name));
    assert.ok(written.some((file) => file.endsWith('mlflow.db')) && written.some((file) => file.endsWith('.jsonl')));
    for (const [origin, canary] of Object.entries(CANARIES)) {
      assert.ok(!printed.some((text) => text.includes(canary)), `a command printed the secret from the ${origin}`);
      const found = written.filter((file) => readFileSync(file).includes(canary));
      assert.deepEqual(found, [], `the secret from the ${origin} was written`);
    }
  });

  /** The configuration that a run keeps is looked at; the operator's own file is where the secret comes from. */
  function topLevel(folder: string): string {
    return folder === project.folder ? 'config.yaml' : 'artifact';
  }
});

import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openProject, runDetails } from '../../../src/engine/index.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';

describe('A run whose artifacts are out of reach', () => {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  let runId: string;
  after(remove);

  const open = (isOffline: boolean) =>
    openProject({
      configFile,
      isOffline,
      env: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL_S3: NOWHERE },
    });

  before(async () => {
    writeFileSync(configFile, 'mlflow: { experiment_name: churn }\n');
    const project = await open(false);
    await project.store.ensureExperiment('churn');
    const database = new DatabaseSync(path.join(folder, 'mlflow.db'));
    database.prepare("UPDATE experiments SET artifact_location = 's3://bucket/1' WHERE name = 'churn'").run();
    database.close();
    const { experimentId } = (await project.store.findExperiment('churn'))!;
    ({ runId } = await project.store.createRun({ experimentId, name: 'r', userId: 'alice', startTime: 1000 }));
    await project.close();
  });

  it('is shown all the same, with the reason where they would stand', async () => {
    const project = await open(false);
    const { run, artifacts, artifactTrouble } = await runDetails(project, runId);
    assert.equal(run.artifactUri, `s3://bucket/1/${runId}/artifacts`);
    assert.deepEqual(artifacts, []);
    assert.match(artifactTrouble!, /127\.0\.0\.1:9 does not answer/);
    await project.close();
  });

  it('is not asked for in a workspace that is not trusted', async () => {
    const project = await open(true);
    const { artifactTrouble } = await runDetails(project, runId);
    assert.match(artifactTrouble!, /not trusted, so s3:\/\/bucket\S* is not asked/);
    await rejects(project.store.artifacts.folder('s3://bucket/1'), 'untrusted-workspace');
    await project.close();
  });
});

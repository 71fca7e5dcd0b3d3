import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Artifacts } from '../../src/engine/artifacts/artifacts.ts';
import { MlflowApi } from '../../src/engine/tracking/rest/api.ts';
import { mlflowHttpClient, serverClient } from '../../src/engine/tracking/rest/server.ts';
import { RestStore } from '../../src/engine/tracking/rest/store.ts';
import { ProjectPool } from '../../src/extension/engine/service/project-pool.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';
import type { PythonEnvironment } from '../harness/python.ts';
import { type PythonSteps, startPythonSteps } from './python-steps.ts';

/** Sixty runs, the oldest of which goes on, and thirty versions. */
const PREPARE = `
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.create_experiment("watched")
runs = [client.create_run(experiment, start_time=1000 + i).info.run_id for i in range(60)]
for i, run in enumerate(runs[1:]):
    client.set_terminated(run, end_time=5000 + i)
client.create_registered_model("m")
for i in range(3):
    client.create_model_version("m", f"runs:/{runs[5]}/model", runs[5])
`;

/** What a colleague does to things that are old, one after the other. */
const CHANGES: Record<string, string> = {
  'a run begins': 'client.create_run(experiment)',
  'an old run that goes on logs a metric': 'client.log_metric(runs[0], "loss", 1)',
  'an old run that goes on gets a tag': 'client.set_tag(runs[0], "a", "b")',
  'an old run ends': 'client.set_terminated(runs[0])',
  'a run that just ended is described': 'client.set_tag(runs[0], "mlflow.note.content", "good")',
  'an old run is deleted': 'client.delete_run(runs[7])',
  'an old run comes back': 'client.restore_run(runs[7])',
  'an experiment is made': 'client.create_experiment("another")',
  'an experiment is renamed': 'client.rename_experiment(experiment, "renamed")',
  'a model is described': 'client.update_registered_model("m", "for churn")',
  'a model gets a tag': 'client.set_registered_model_tag("m", "a", "b")',
  'an alias is set': 'client.set_registered_model_alias("m", "GNU_Production", "1")',
  'an alias moves': 'client.set_registered_model_alias("m", "GNU_Production", "2")',
  'an alias goes': 'client.delete_registered_model_alias("m", "GNU_Production")',
  'a version gets a tag': 'client.set_model_version_tag("m", "1", "a", "b")',
  'a version loses a tag': 'client.delete_model_version_tag("m", "1", "a")',
  'a version is described': 'client.update_model_version("m", "1", "first")',
  'a version gets another stage': 'client.transition_model_version_stage("m", "1", "Staging")',
  'a version is made': 'client.create_model_version("m", f"runs:/{runs[5]}/model", runs[5])',
  'an old version is deleted': 'client.delete_model_version("m", "2")',
};

const SERVERS: [string, PythonEnvironment][] = [
  ['2.22', 'mlflow2'],
  ['of the newest MLflow', 'mlflow3'],
];

for (const [name, python] of SERVERS) {
  describe(`The change token of a server ${name}`, function () {
    this.timeout(120_000);
    const cacheFolder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-changes-'));
    let server: MlflowServer;
    let api: MlflowApi;
    let colleague: PythonSteps;

    before(async () => {
      server = await startMlflowServer({ python });
      api = new MlflowApi(serverClient(mlflowHttpClient(server.uri, {}, undefined)));
      colleague = startPythonSteps(python, [server.uri]);
      await colleague.run(PREPARE);
    });

    after(async () => {
      await colleague?.stop();
      api?.close();
      await server?.stop();
      rmSync(cacheFolder, { recursive: true, force: true });
    });

    it('stays the same while nothing changes', async () => {
      assert.equal(await look(), await look());
    });

    for (const [what, code] of Object.entries(CHANGES)) {
      it(`changes when ${what}`, async () => {
        const before = await look();
        await colleague.run(code);
        assert.notEqual(await look(), before);
      });
    }

    it('does not see the tag of an old run, which the editor shows after "Refresh" at the latest', async () => {
      const configFile = path.join(cacheFolder, 'config.yaml');
      writeFileSync(configFile, `mlflow: { tracking_uri: "${server.uri}" }\n`);
      const pool = new ProjectPool(() => undefined);
      const ref = { configFile, trusted: true };
      const tagsOf = (runId: string) =>
        pool.read(ref, assert.fail, async ({ store }) => ({ ...(await store.getRun(runId)).tags }));
      const runId = await pool.read(ref, assert.fail, async ({ store }) => {
        const experimentIds = (await store.listExperiments()).map(({ experimentId }) => experimentId);
        return (await store.searchRuns({ experimentIds, filter: 'attributes.start_time = 1009' })).runs[0]!.runId;
      });
      const before = await look();
      await tagsOf(runId);
      await colleague.run('client.set_tag(runs[9], "late", "yes")');
      assert.equal(await look(), before);
      await pool.forgetAnswers(ref);
      assert.equal((await tagsOf(runId)).late, 'yes');
      await pool.close();
    });

    /** By a store that has not looked before. */
    const look = () => {
      const artifacts = new Artifacts({ localFolder: () => null, cacheFolder });
      return new RestStore(api, { artifacts }).changeToken();
    };
  });
}

import * as assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { copy } from '../../../src/engine/index.ts';
import { openTrackingStore } from '../../../src/engine/tracking/open-store.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { contentsOf } from './store-contents.ts';

const RUN = 'a'.repeat(32);

describe('The artifacts of a copy', () => {
  const { folder, remove } = temporaryFolder();
  const project = path.join(folder, 'project');
  const configFile = path.join(project, 'config.yaml');
  after(remove);

  beforeEach(() => {
    rmSync(project, { recursive: true, force: true });
    write('config.yaml', 'mlflow: { tracking_uri: mlruns, experiment_name: churn }\n');
    write('mlruns/1/meta.yaml', 'experiment_id: "1"\nname: churn\nlifecycle_stage: active\n');
    const uri = path.join(project, 'mlruns/1', RUN, 'artifacts');
    const times = 'start_time: 1\nend_time: 2\nlifecycle_stage: active';
    write(
      `mlruns/1/${RUN}/meta.yaml`,
      `run_id: ${RUN}\nrun_name: r\nuser_id: alice\nstatus: 3\n${times}\nartifact_uri: ${uri}\n`,
    );
    write(`mlruns/1/${RUN}/tags/mlflow.runName`, 'r');
    write(`mlruns/1/${RUN}/tags/mlflow.user`, 'alice');
    write(`mlruns/1/${RUN}/artifacts/model/MLmodel`, 'flavors: {}');
    write('mlruns/models/churn/meta.yaml', 'name: churn\n');
    const version = `name: churn\nversion: 1\nsource: ${uri}/model\nrun_id: ${RUN}\nstatus: READY\n`;
    write('mlruns/models/churn/version-1/meta.yaml', version);
  });

  function write(name: string, text: string): void {
    const file = path.join(project, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  async function contents(uri: string): Promise<object> {
    const store = await openTrackingStore({ uri, baseDir: project, readOnly: true });
    return contentsOf(store, false).finally(() => store.close());
  }

  it('are not in the old store of files beside it, which may go', async () => {
    const before = await contents('mlruns');
    await copy({ configFile }, { to: 'sqlite:///mlflow.db' });
    rmSync(path.join(project, 'mlruns'), { recursive: true });
    assert.deepEqual(await contents('sqlite:///mlflow.db'), before);
    assert.ok(existsSync(path.join(project, 'mlartifacts/1')));
  });

  it('lie beside a file outside of the project, which may go', async () => {
    const elsewhere = path.join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const before = await contents('mlruns');
    await copy({ configFile }, { to: `sqlite:///${elsewhere}/x.db` });
    rmSync(project, { recursive: true });
    assert.deepEqual(await contents(`sqlite:///${elsewhere}/x.db`), before);
    assert.ok(existsSync(path.join(elsewhere, 'mlruns/1')));
  });
});

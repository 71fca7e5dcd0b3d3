import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { copy } from '../../src/engine/index.ts';
import { openTrackingStore } from '../../src/engine/tracking/open-store.ts';
import { contentsOf } from '../engine/copying/store-contents.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { type PythonEnvironment, runPython } from '../harness/python.ts';

const WRITE = `
import sys
import mlflow

class Doubling(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment('from python')
for name in ('first', 'second'):
    with mlflow.start_run(run_name=name):
        mlflow.log_param('depth', 3)
        for step in range(5):
            mlflow.log_metric('loss', 1 / (step + 1), step=step)
        mlflow.log_metric('broken', float('nan'))
        mlflow.log_text('hello', 'notes/a.txt')
        mlflow.pyfunc.log_model('model', python_model=Doubling(), registered_model_name='doubling')
mlflow.MlflowClient().set_registered_model_alias('doubling', 'champion', '2')
`;

const READ = `
import sys
import mlflow, pandas
mlflow.set_tracking_uri(sys.argv[1])
print(mlflow.pyfunc.load_model('models:/doubling@champion').predict(pandas.DataFrame({'a': [1, 2]}))['a'].tolist())
`;

/** MLflow 3 keeps models beside runs; copied ones lie among the artifacts of their runs. */
function withoutModels(contents: object): unknown {
  return JSON.parse(JSON.stringify(contents), (key, value) => {
    return key === 'files' ? (value as string[]).filter((file) => !file.startsWith('model-doubling-')) : value;
  });
}

for (const python of ['mlflow2', 'mlflow3'] as PythonEnvironment[]) {
  describe(`Copying a store of plain files that ${python} made`, function () {
    this.timeout(180_000);
    const { folder, remove } = temporaryFolder();
    after(remove);

    const runs = async (code: string, uri: string): Promise<string> => {
      const env = { MLFLOW_ALLOW_FILE_STORE: 'true' };
      const { code: exit, stdout, stderr } = await runPython(python, code, [uri], { cwd: folder, env });
      assert.equal(exit, 0, stderr);
      return stdout.trim();
    };

    const contents = async (uri: string): Promise<object> => {
      const store = await openTrackingStore({ uri, baseDir: folder, readOnly: true });
      try {
        return await contentsOf(store, false);
      } finally {
        await store.close();
      }
    };

    it('makes a database of it that Python works on with: runs, histories, artifacts, models and aliases', async () => {
      await runs(WRITE, `file://${folder}/mlruns`);
      const configFile = path.join(folder, 'config.yaml');
      writeFileSync(configFile, 'mlflow: { tracking_uri: mlruns }\n');
      const { models, status } = await copy({ configFile }, { to: 'sqlite:///moved.db' });
      assert.equal(status, 'copied');
      assert.deepEqual(
        models.map(({ name, versions }) => [name, versions.map(({ to }) => to)]),
        [['doubling', ['1', '2']]],
      );
      assert.deepEqual(withoutModels(await contents('sqlite:///moved.db')), await contents('mlruns'));
      assert.equal((await copy({ configFile }, { to: 'sqlite:///moved.db' })).status, 'nothing-to-do');
      assert.equal(await runs(READ, `sqlite:///${folder}/moved.db`), '[2, 4]');
    });
  });
}

import * as assert from 'node:assert/strict';
import path from 'node:path';
import {
  deploy,
  info,
  openProject,
  type Prediction,
  type Project,
  predict,
  type TrainResult,
  train,
} from '../../src/engine/index.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import type { PythonEnvironment } from '../harness/python.ts';
import { copyExample } from '../harness/workspace.ts';
import { askPython, type Job, type ScoreAnswer } from './python-colleague.ts';

const MODEL = 'penguin_species';

for (const python of ['mlflow3', 'mlflow2'] as PythonEnvironment[]) {
  describe(`A project shared with a colleague on ${python}`, function () {
    this.timeout(240_000);
    const { folder, remove } = temporaryFolder();
    const data = path.join(folder, 'data/train.csv');
    let project: Project;
    let first: TrainResult;

    const ask = <T>(...jobs: Job[]) => askPython<T>(python, folder, jobs, path.join(folder, 'mlflow.db'));
    const production = `models:/${MODEL}@GNU_Production`;
    const ours = async () => (await predict(project, { input: { file: data } })).predictions;
    const requireSame = (predictions: Prediction[], { outputs }: ScoreAnswer) => {
      assert.equal(predictions.length, outputs.prediction!.length);
      for (const [row, each] of predictions.entries()) {
        assert.equal(each.prediction, outputs.prediction![row]);
        for (const [label, probability] of Object.entries(each.probabilities)) {
          assert.ok(Math.abs(probability - Number(outputs[`probability_${label}`]![row])) <= 1e-6);
        }
      }
    };

    before(async () => {
      copyExample('penguins', folder);
      project = await openProject({ configFile: path.join(folder, 'config.yaml'), env: {} });
      first = await train(project);
      await train(project);
      await deploy(project, { stage: 'Staging', version: '1' });
      await deploy(project, { stage: 'GNU_Production' });
    });
    after(async () => {
      await project.close();
      remove();
    });

    it('gets from models:/name@GNU_Production what predict gives, straight from read_csv', async () => {
      const [scored] = await ask<ScoreAnswer>(['score', production, data]);
      const predictions = await ours();
      assert.equal(predictions.length, 344);
      requireSame(predictions, scored!);
      assert.deepEqual(Object.keys(predictions[0]!.probabilities), ['Adelie', 'Chinstrap', 'Gentoo']);
    });

    it('keeps its digest after Python has written its own file into the model folder', async () => {
      const { status } = await deploy(project, { stage: 'GNU_Production' }).catch((error) => error);
      assert.notEqual(status, 'deployed');
      assert.equal((await predict(project, { input: { file: data }, select: { version: '1' } })).version, '1');
    });

    it('shows what Python registers and promotes, and predicts with it', async () => {
      const [made] = await ask<{ version: string }>(['register', MODEL, '2'], ['promote', MODEL, '2']);
      assert.equal(made!.version, '3');
      const { stages, changed_outside } = await info(project);
      assert.equal(stages.GNU_Production!.version, '2');
      assert.equal(changed_outside.length, 1);
      assert.equal((await predict(project, { input: { file: data } })).version, '2');
      const { version } = await predict(project, { input: { file: data }, select: { alias: 'champion' } });
      assert.equal(version, '3');
    });

    it('takes a version that Python registered through the gates', async () => {
      await deploy(project, { stage: 'Staging', version: '3' });
      const { status, previous_version } = await deploy(project, { stage: 'GNU_Production' });
      assert.deepEqual([status, previous_version], ['deployed', '2']);
      const [aliases, scored] = await ask<Record<string, string> & ScoreAnswer>(
        ['aliases', MODEL],
        ['score', production, data],
      );
      assert.deepEqual(aliases, { champion: '3', GNU_Production: '3' });
      requireSame(await ours(), scored!);
    });

    it('is trained on after Python migrated the store', async () => {
      const again = await train(project);
      assert.equal(again.version, '4');
      assert.deepEqual(again.metrics, first.metrics);
      const [scored] = await ask<ScoreAnswer>(['score', `models:/${MODEL}/4`, data, 'species']);
      assert.equal(scored!.outputs.prediction!.length, 344);
    });
  });
}

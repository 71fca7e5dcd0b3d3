import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { METRIC_NAMES } from '../../../src/engine/evaluation/metrics.ts';
import type { Project } from '../../../src/engine/project.ts';
import { inspectFolder } from '../../../src/engine/registry/model-version.ts';
import { EngineError, type ErrorReason } from '../../../src/engine/support/errors.ts';
import type { Run } from '../../../src/engine/tracking/store.ts';
import { type TrainResult, train } from '../../../src/engine/training/train.ts';
import { mixedCsv } from '../model/trained-pipeline.ts';
import { type TemporaryProject, temporaryProject } from './temporary-project.ts';

async function runsOf({ store }: Project): Promise<Run[]> {
  const experiment = await store.findExperiment('trials');
  if (!experiment) return [];
  return (await store.searchRuns({ experimentIds: [experiment.experimentId] })).runs;
}

const modelFile = (run: Run, name: string) => readFileSync(path.join(run.artifactUri, 'model', name));

describe('A training', () => {
  let temporary: TemporaryProject;
  let result: TrainResult;
  let run: Run;
  before(async () => {
    temporary = await temporaryProject();
    result = await train(temporary.project, { runName: 'first' });
    run = await temporary.project.store.getRun(result.run_id);
  });
  after(() => temporary.dispose());

  it('answers in the words of the contract', async () => {
    const keys = [
      'schema',
      'run_id',
      'experiment_id',
      'model_name',
      'version',
      'metrics',
      'cv',
      'warnings',
      'duration_ms',
    ];
    assert.deepEqual(Object.keys(result), keys);
    assert.deepEqual([result.schema, result.model_name, result.version], [1, 'model', '1']);
    assert.deepEqual(Object.keys(result.metrics).sort(), [...METRIC_NAMES].sort());
    assert.equal(result.cv.accuracy!.folds.length, 3);
  });

  it('ends a run with its name, params, metrics and tags', () => {
    assert.deepEqual([run.name, run.status], ['first', 'FINISHED']);
    const { algorithm, n_estimators, max_depth, test_size, split, cv_folds, random_seed, features, classes } =
      run.params;
    assert.deepEqual(
      [algorithm, n_estimators, max_depth, test_size, split, cv_folds, random_seed, features, classes],
      ['random_forest', '8', '4', '0.2', 'hash', '3', '42', '5', '2'],
    );
    assert.equal(Number(run.params.train_rows) + Number(run.params.test_rows), 200);
    for (const name of METRIC_NAMES) assert.equal(run.metrics[name], result.metrics[name], name);
    assert.equal(run.tags['gnu_mlops.operation'], 'train');
    assert.equal(run.tags['mlflow.source.name'], path.join(temporary.folder, 'config.yaml'));
    assert.match(run.tags['gnu_mlops.model_digest']!, /^[0-9a-f]{64}$/);
    assert.equal(run.tags['gnu_mlops.data_fallback'], undefined);
  });

  it('records the folds of every metric as steps, their mean and their deviation', async () => {
    const history = await temporary.project.store.metricHistory(
      run.runId,
      METRIC_NAMES.map((name) => `cv_${name}`),
    );
    for (const name of METRIC_NAMES) {
      const { folds, mean, std } = result.cv[name]!;
      const steps = history.filter(({ key }) => key === `cv_${name}`).sort((a, b) => a.step - b.step);
      assert.deepEqual(
        steps.map(({ step, value }) => [step, value]),
        folds.map((value, step) => [step, value]),
      );
      assert.deepEqual([run.metrics[`cv_${name}_mean`], run.metrics[`cv_${name}_std`]], [mean, std]);
      const average = folds.reduce((sum, value) => sum + value, 0) / folds.length;
      assert.ok(Math.abs(mean - average) < 1e-12);
    }
  });

  it('records the data it learned from', async () => {
    const [input] = await temporary.project.store.datasetInputs(run.runId);
    assert.deepEqual([input!.name, input!.sourceType, input!.context], ['train.csv', 'local', 'training']);
    assert.match(input!.digest, /^[0-9a-f]{32}$/);
    const { mlflow_colspec: columns } = JSON.parse(input!.schema!);
    assert.deepEqual(
      columns.map(({ name, type, required }: Record<string, unknown>) => [name, type, required]),
      [
        ['amount', 'double', false],
        ['age', 'long', true],
        ['member', 'boolean', true],
        ['city', 'string', false],
        ['plan', 'string', true],
        ['t', 'string', true],
      ],
    );
  });

  it('leaves its artifacts: model, evaluation, quality report, preprocessing, configuration', () => {
    const files = readdirSync(run.artifactUri).sort();
    assert.deepEqual(files, ['config.yaml', 'evaluation.json', 'model', 'preprocessing.json', 'quality_report.json']);
    const evaluation = JSON.parse(readFileSync(path.join(run.artifactUri, 'evaluation.json'), 'utf8'));
    assert.deepEqual(evaluation.metrics, result.metrics);
    assert.equal(evaluation.rows, Number(run.params.test_rows));
    const profile = JSON.parse(modelFile(run, 'gnu_mlops.json').toString());
    assert.deepEqual(
      [profile.schema, profile.rows, profile.classes],
      [1, Number(run.params.train_rows), ['no', 'yes']],
    );
    const report = JSON.parse(readFileSync(path.join(run.artifactUri, 'quality_report.json'), 'utf8'));
    assert.equal(report.rows, 200);
  });

  it('registers a READY version whose folder is what its run recorded', async () => {
    const { store } = temporary.project;
    const version = await store.getVersion('model', '1');
    assert.deepEqual([version.status, version.runId, version.stageField], ['READY', run.runId, 'None']);
    assert.equal(await store.locate(version), path.join(run.artifactUri, 'model'));
    assert.equal((await inspectFolder(store, version)).state, 'intact');
  });

  it('tells progress by phases that come to their end', async () => {
    const phases = new Map<string, boolean>();
    await train(temporary.project, { onProgress: ({ phase, done, total }) => phases.set(phase, done === total) });
    assert.deepEqual([...phases.keys()], ['Reading data', 'Cross-validating', 'Training']);
    assert.deepEqual([...phases.values()], [true, true, true]);
  });
});

describe('The model of a training', () => {
  let temporary: TemporaryProject;
  beforeEach(async () => {
    temporary = await temporaryProject(mixedCsv(400, ['a', 'b', 'c']));
  });
  afterEach(() => temporary.dispose());

  /** What must be equal for the same seed: graph, profile and metrics. */
  const trained = async (set: string[]) => {
    const project = await temporary.reopen(set);
    const { run_id, metrics, cv } = await train(project);
    const run = await project.store.getRun(run_id);
    return { metrics, cv, graph: modelFile(run, 'model.onnx'), profile: modelFile(run, 'gnu_mlops.json') };
  };

  for (const [algorithm, trees] of Object.entries({ random_forest: 250, lightgbm: 120 })) {
    it(`is the same for the same seed whatever n_jobs: ${algorithm}`, async () => {
      // Enough work for threads to be used.
      temporary.write('train.csv', mixedCsv(6000, ['a', 'b', 'c']));
      const set = [`model.algorithm=${algorithm}`, `model.hyperparameters={n_estimators: ${trees}, max_depth: 4}`];
      const one = await trained([...set, 'training.n_jobs=1']);
      const three = await trained([...set, 'training.n_jobs=3']);
      assert.deepEqual(three, one);
    });
  }

  it('is another for another seed', async () => {
    const one = await trained([]);
    const other = await trained(['training.random_seed=43']);
    assert.notDeepEqual(other.graph, one.graph);
  });

  it('learns from weights and balanced classes', async () => {
    const one = await trained([]);
    assert.notDeepEqual((await trained(['training.class_weight=balanced'])).graph, one.graph);
    const weighted = await trained(['training.weights_column=age']);
    assert.notDeepEqual(weighted.graph, one.graph);
    assert.ok(!weighted.profile.toString().includes('"age"'));
  });
});

describe('A training that cannot begin', () => {
  let temporary: TemporaryProject;
  beforeEach(async () => {
    temporary = await temporaryProject();
  });
  afterEach(() => temporary.dispose());

  const good = mixedCsv(60);
  const bad: [name: string, data: string, set: string[], reason: ErrorReason, message: RegExp][] = [
    ['no data', '', [], 'invalid-data', /the file is empty/],
    ['a header only', 'x,t\n', [], 'data-quality', /train\.csv: the file has no rows, only a header/],
    ['a ragged row', `${good}1,2\n`, [], 'invalid-data', /train\.csv:62: found 2 fields/],
    [
      'no target column',
      good,
      ['data.target_column=tt'],
      'invalid-config',
      /data\.target_column: the data has no column "tt"; did you mean "t"\?/,
    ],
    ['one class only', mixedCsv(60, ['yes']), [], 'data-quality', /one class only/],
    ['too few rows', mixedCsv(10), [], 'data-quality', /10 rows with a target/],
    [
      'a text among numbers',
      good.replace(/\n[^,\n]+,/, '\noops,'),
      [],
      'data-quality',
      /train\.csv:\d+: column "amount" holds numbers, but here "oops"/,
    ],
    [
      'a feature that is not there',
      good,
      ['data.feature_columns=[agee]'],
      'invalid-config',
      /"agee"; did you mean "age"/,
    ],
    [
      'the target as a feature',
      good,
      ['data.feature_columns=[age, t]'],
      'invalid-config',
      /found "t", which is the target/,
    ],
    ['a reserved name', good.replace('amount', 'gnu_mlops::raw'), [], 'invalid-data', /are reserved/],
    ['weights that are text', good, ['training.weights_column=plan'], 'invalid-data', /expected a column of numbers/],
    ['a wrong hyper-parameter', good, ['model.hyperparameters.depth=3'], 'invalid-config', /depth/],
    [
      'an algorithm of a later release',
      good,
      ['model.algorithm=logistic_regression'],
      'unsupported',
      /logistic_regression arrives in a later release/,
    ],
    [
      'more folds than rows',
      mixedCsv(30),
      ['training.cv_folds=50'],
      'invalid-config',
      /training\.cv_folds: found 50; there are \d+ training rows/,
    ],
    ['no file', good, ['data.path=nowhere.csv'], 'unreachable', /does not exist/],
  ];
  for (const [name, data, set, reason, message] of bad) {
    it(`for ${name} says why and leaves the store as it was`, async () => {
      temporary.write('train.csv', data);
      const project = await temporary.reopen(set);
      await assert.rejects(train(project), (error) => {
        assert.ok(EngineError.is(error, reason), String(error));
        assert.match(error.message, message);
        return true;
      });
      assert.equal(await project.store.findExperiment('trials'), null);
      assert.equal(existsSync(path.join(temporary.folder, 'mlruns')), false);
      assert.equal(existsSync(path.join(temporary.folder, 'logs')), false);
      temporary.write('train.csv', good);
      assert.equal((await train(temporary.project)).version, '1');
    });
  }

  it('because the workspace is not trusted writes nothing', async () => {
    const project = await temporary.reopen([], { readOnly: true });
    await assert.rejects(train(project), (error) => EngineError.is(error, 'untrusted-workspace'));
  });

  it('because another one runs says so', async () => {
    const lease = temporary.project.leases().acquire('train:trials');
    await assert.rejects(train(await temporary.reopen([])), (error) => EngineError.is(error, 'lock-held'));
    lease.release();
    await train(temporary.project);
  });
});

describe('A training that ends badly', () => {
  let temporary: TemporaryProject;
  beforeEach(async () => {
    temporary = await temporaryProject();
  });
  afterEach(() => temporary.dispose());

  it('marks its run KILLED when it is cancelled, and registers nothing', async () => {
    const controller = new AbortController();
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'Cross-validating') controller.abort();
    };
    const { project } = temporary;
    await assert.rejects(train(project, { signal: controller.signal, onProgress }), (error) =>
      EngineError.is(error, 'cancelled'),
    );
    const [run] = await runsOf(project);
    assert.deepEqual([run!.status, run!.tags['gnu_mlops.error_reason']], ['KILLED', 'cancelled']);
    assert.ok(run!.endTime !== null);
    assert.equal(await project.store.findModel('model'), null);
    assert.equal((await train(project)).version, '1');
  });

  it('marks its run FAILED when an artifact cannot be written, and registers nothing', async () => {
    writeFileSync(path.join(temporary.folder, 'mlruns'), 'a file where a folder should be');
    const { project } = temporary;
    await assert.rejects(train(project));
    const [run] = await runsOf(project);
    assert.equal(run!.status, 'FAILED');
    assert.ok(run!.tags['gnu_mlops.error']!.length > 0);
    assert.equal(await project.store.findModel('model'), null);
  });

  it('keeps secrets out of run, artifacts and log', async () => {
    const env = { SMTP_PASSWORD: 'hunter22', MY_TOKEN: 'dapi1234' };
    const set = ['notifications.smtp.password=hunter22', 'data.table=dapi1234'];
    const project = await temporary.reopen(set, { env });
    const { run_id } = await train(project, { runName: 'with dapi1234' });
    const run = await project.store.getRun(run_id);
    for (const name of [
      'config.yaml',
      'quality_report.json',
      'evaluation.json',
      'model/MLmodel',
      'model/gnu_mlops.json',
    ]) {
      assert.doesNotMatch(readFileSync(path.join(run.artifactUri, name), 'utf8'), /hunter22|dapi1234/, name);
    }
    assert.match(readFileSync(path.join(run.artifactUri, 'config.yaml'), 'utf8'), /password: "\*\*\*"/);
    for (const log of readdirSync(path.join(temporary.folder, 'logs'))) {
      assert.doesNotMatch(temporary.read(`logs/${log}`), /hunter22|dapi1234/);
    }
  });
});

describe('A training with secrets in its environment', () => {
  it('keeps them out of the name of its run', async () => {
    const temporary = await temporaryProject();
    const project = await temporary.reopen([], { env: { API_TOKEN: 'canary-name-51c3' } });
    const { run_id } = await train(project, { runName: 'with canary-name-51c3' });
    assert.equal((await project.store.getRun(run_id)).name, 'with ***');
    await temporary.dispose();
  });
});

describe('A training on fallback data', () => {
  it('has the positive class and the features that are configured', async () => {
    const temporary = await temporaryProject();
    const set = ['data.path=nowhere.csv', 'data.fallback=synthetic', 'data.positive_class=churned'];
    const project = await temporary.reopen([...set, 'data.feature_columns=[age, income]']);
    const { run_id } = await train(project);
    const run = await project.store.getRun(run_id);
    const profile = JSON.parse(modelFile(run, 'gnu_mlops.json').toString());
    assert.deepEqual(profile.classes, ['not_churned', 'churned']);
    assert.equal(run.params.features, '2');
    await temporary.dispose();
  });

  it('goes on, says so loudly and tags its run', async () => {
    const temporary = await temporaryProject();
    const set = ['data.path=nowhere.csv', 'data.fallback=synthetic', 'data.target_column=target'];
    const project = await temporary.reopen(set);
    const { warnings, run_id } = await train(project);
    const run = await project.store.getRun(run_id);
    assert.equal(run.tags['gnu_mlops.data_fallback'], 'synthetic');
    assert.match(
      warnings.find(({ check }) => check === 'fallback-data')!.message,
      /^The model is trained on stand-in data .*never go into production\.$/,
    );
    const [input] = await project.store.datasetInputs(run_id);
    assert.deepEqual([input!.name, input!.sourceType], ['synthetic', 'synthetic']);
    await temporary.dispose();
  });
});

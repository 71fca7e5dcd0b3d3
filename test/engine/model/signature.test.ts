import * as assert from 'node:assert/strict';
import { buildGraph } from '../../../src/engine/model/pipeline-graph.ts';
import { inferSignature, outputNames, signatureDifferences } from '../../../src/engine/model/signature.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { csv } from '../data/tables.ts';
import { train } from './trained-pipeline.ts';

describe('A signature', () => {
  it('says which columns may be missing', () => {
    const { columns } = csv('a,b,c,d\n1,1.5,x,true\n2,,,');
    assert.deepEqual(inferSignature(columns, ['n', 'y'], 'string').inputs, [
      { name: 'a', type: 'long', required: true },
      { name: 'b', type: 'double', required: false },
      { name: 'c', type: 'string', required: false },
      { name: 'd', type: 'boolean', required: false },
    ]);
  });

  it('has the prediction as it is in the data and a probability per class', () => {
    const { outputs } = inferSignature([], [1, 2, 3], 'long');
    assert.deepEqual(
      outputs.map(({ name, type }) => [name, type]),
      [
        ['prediction', 'long'],
        ...['probability', ...[1, 2, 3].map((label) => `probability_${label}`)].map((name) => [name, 'float']),
      ],
    );
  });

  it('names outputs with a prefix when an input is called like one of them', () => {
    for (const input of [
      'prediction',
      'probability',
      'probability_a',
      'model_name',
      'model_version',
      'prediction_timestamp',
    ]) {
      assert.deepEqual(outputNames(['a', 'b'], ['x', input]), {
        prediction: 'gnu_mlops_prediction',
        probability: 'gnu_mlops_probability',
        byClass: ['gnu_mlops_probability_a', 'gnu_mlops_probability_b'],
      });
    }
    assert.equal(outputNames(['a', 'b'], ['probability_c']).prediction, 'prediction');
  });

  it('never gives an output the name of an input', () => {
    const names = outputNames(['a', 'b'], ['prediction', 'gnu_mlops_probability_b']);
    assert.equal(names.prediction, 'gnu_mlops_gnu_mlops_prediction');
  });

  it('differs from another by what callers would notice', () => {
    const signature = (text: string) => inferSignature(csv(text).columns, ['n', 'y'], 'string');
    const from = signature('a,b,c\n1,2.5,x\n2,,y');
    assert.deepEqual(signatureDifferences(from, signature('c,b,a\nx,2.5,1\ny,,2')), []);
    assert.deepEqual(signatureDifferences(from, signature('a,b,d\n1,2.5,x\n2,1.5,y')), [
      '"c" is gone',
      '"b" may not be missing any more',
      '"d" (string) is new',
    ]);
  });
});

describe('A feature', () => {
  it('may be called anything', async () => {
    const names = [
      'a "quoted" name',
      'spaces in it',
      'naïve 東京',
      "it's",
      'a,b',
      'line\nbreak',
      '__proto__',
      'constructor',
      'prediction',
    ];
    const header = [...names, 't'].map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
    const rows = Array.from(
      { length: 30 },
      (_, row) => `${names.map((_, i) => (row * (i + 3)) % 17).join(',')},${row % 2}`,
    );
    const { pipeline } = await train(`${header}\n${rows.join('\n')}`, { hyperparameters: { n_estimators: 2 } });
    const graph = buildGraph(pipeline);
    assert.deepEqual(
      graph.inputs.map(({ name }) => name),
      names,
    );
    assert.equal(graph.outputs[0]!.name, 'gnu_mlops_prediction');
  });

  it('may not be called like a value inside the graph', async () => {
    const rows = Array.from({ length: 30 }, (_, row) => `${row},${row % 2}`);
    const { pipeline } = await train(`gnu_mlops::raw,t\n${rows.join('\n')}`, { hyperparameters: { n_estimators: 2 } });
    assert.throws(
      () => buildGraph(pipeline),
      (error) =>
        EngineError.is(error, 'invalid-data') && /names that begin with gnu_mlops:: are reserved/.test(error.message),
    );
  });
});

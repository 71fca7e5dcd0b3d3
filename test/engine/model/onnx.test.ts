import * as assert from 'node:assert/strict';
import fc from 'fast-check';
import { GraphRunner } from '../../../src/engine/model/graph-runner.ts';
import type { OnnxModel } from '../../../src/engine/model/onnx-model.ts';
import { decodeOnnx } from '../../../src/engine/model/onnx-reader.ts';
import { encodeOnnx } from '../../../src/engine/model/onnx-writer.ts';
import { buildGraph } from '../../../src/engine/model/pipeline-graph.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { type Recipe, trainMixed } from './trained-pipeline.ts';

/** The model with every list of numbers as a plain list, to compare. */
function plain(model: OnnxModel): unknown {
  return JSON.parse(
    JSON.stringify(model, (_key, value) => {
      if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>, text);
      return typeof value === 'number' ? text(value) : value;
    }),
  );
}

/** JSON has no NaN, and one number may be float32 on one side and double on the other. */
function text(value: number): string {
  return String(Math.fround(value));
}

describe('An ONNX file', () => {
  const recipes: [string, Recipe][] = [
    ['a forest of two classes', {}],
    ['a forest of three classes', { labels: ['a', 'b', 'c'] }],
    ['boosting of two classes', { algorithm: 'lightgbm', hyperparameters: { n_estimators: 5 } }],
    ['boosting of three classes', { algorithm: 'xgboost', hyperparameters: { n_estimators: 5 }, labels: [1, 2, 3] }],
    ['labels with a fraction', { labels: [0.5, 1.5] }],
    ['boolean labels', { labels: ['False', 'True'] }],
  ];
  for (const [name, recipe] of recipes) {
    it(`of ${name} is read back bit for bit`, async () => {
      const graph = buildGraph((await trainMixed(recipe)).pipeline);
      const bytes = encodeOnnx(graph);
      const read = decodeOnnx(bytes, 'model.onnx');
      assert.deepEqual(plain(read), plain(graph));
      assert.deepEqual(encodeOnnx(read), bytes);
    });
  }

  it('holds large, negative and odd numbers and any text', () => {
    const number = fc.constantFrom(0, -1, 1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 40, -(2 ** 40), 2 ** 53 - 1);
    fc.assert(
      fc.property(
        fc.array(number),
        fc.array(fc.float()),
        fc.array(fc.string({ unit: 'grapheme' })),
        (ints, floats, strings) => {
          const model: OnnxModel = {
            producer: 'p',
            producerVersion: '1',
            inputs: [{ name: 'x', type: 'string', dims: ['N', 3] }],
            outputs: [{ name: 'y', type: 'bool', dims: [] }],
            constants: [
              { name: 'i', type: 'int64', dims: [ints.length], values: ints },
              { name: 'f', type: 'float', dims: [floats.length], values: floats },
              { name: 'd', type: 'double', dims: [floats.length], values: floats },
              { name: 's', type: 'string', dims: [strings.length], values: strings },
            ],
            nodes: [
              {
                operator: 'Identity',
                domain: 'ai.onnx.ml',
                inputs: ['x'],
                outputs: ['y'],
                attributes: {
                  a: { type: 'ints', value: ints },
                  b: { type: 'floats', value: floats },
                  c: { type: 'strings', value: strings },
                },
              },
            ],
            metadata: { key: 'value' },
          };
          assert.deepEqual(plain(decodeOnnx(encodeOnnx(model), 'model.onnx')), plain(model));
        },
      ),
    );
  });

  it('cut off anywhere is refused with one clear message', async () => {
    const bytes = encodeOnnx(buildGraph((await trainMixed()).pipeline));
    for (let length = 0; length < bytes.length; length += 97) {
      assert.throws(
        () => new GraphRunner(decodeOnnx(bytes.subarray(0, length), 'model.onnx')),
        (error) => EngineError.is(error, 'invalid-model') && /ONNX/.test(error.message) && error.message.length < 300,
        `cut off after ${length} of ${bytes.length} bytes`,
      );
    }
  });

  it('of anything else is refused', () => {
    const junk = ['', 'hello', '{"a": 1}', '\x08'.repeat(50), '\x0b'.repeat(5000), 'PK\x03\x04zip'];
    for (const content of junk) {
      assert.throws(
        () => decodeOnnx(Buffer.from(content, 'latin1'), 'model.onnx'),
        (error) => EngineError.is(error, 'invalid-model') && /^model\.onnx: not an ONNX model/.test(error.message),
      );
    }
  });

  it('with an operator that is not ours is refused, naming it', async () => {
    const graph = buildGraph((await trainMixed()).pipeline);
    graph.nodes[0]!.operator = 'Einsum';
    assert.throws(
      () => new GraphRunner(graph),
      (error) =>
        EngineError.is(error, 'invalid-model') && /operator Einsum, which is not supported/.test(error.message),
    );
  });
});

import * as assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { Table } from '../../../src/engine/data/table.ts';
import { digestFolder } from '../../../src/engine/model/digest.ts';
import { columnTensor, type LoadedModel, loadModel, type Scores } from '../../../src/engine/model/loaded-model.ts';
import type { OnnxModel } from '../../../src/engine/model/onnx-model.ts';
import { encodeOnnx } from '../../../src/engine/model/onnx-writer.ts';
import { buildGraph } from '../../../src/engine/model/pipeline-graph.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { pipelineProbabilities } from '../../../src/engine/training/estimator.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { ALTERED_GRAPHS } from './altered-graphs.ts';
import { type Trained, trainMixed, writeModel } from './trained-pipeline.ts';

function scoreTable(model: LoadedModel, table: Table): Scores {
  const rows = Int32Array.from({ length: table.rowCount }, (_, row) => row);
  return model.score(new Map(table.columns.map((column) => [column.name, columnTensor(column, rows)])));
}

describe('A model folder', () => {
  const { folder, remove } = temporaryFolder();
  const original = path.join(folder, 'original');
  const copy = path.join(folder, 'copy');
  let trained: Trained;
  let digest: string;

  before(async () => {
    trained = await trainMixed();
    digest = writeModel(original, trained);
  });
  beforeEach(() => cpSync(original, copy, { recursive: true }));
  afterEach(() => rmSync(copy, { recursive: true, force: true }));
  after(remove);

  const refused = (message: RegExp) =>
    assert.throws(
      () => loadModel(copy),
      (error) => {
        assert.ok(EngineError.is(error, 'invalid-model'), String(error));
        assert.match(error.message, message);
        return true;
      },
    );
  const edit = (name: string, change: (text: string) => string) => {
    const file = path.join(copy, name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };
  const editGraph = (change: (graph: OnnxModel) => void) => {
    const graph = structuredClone(buildGraph(trained.pipeline));
    change(graph);
    writeFileSync(path.join(copy, 'model.onnx'), encodeOnnx(graph));
  };

  it('is read back with the signature, the classes and the scores that were written', () => {
    const model = loadModel(copy);
    assert.deepEqual(model.classes, ['no', 'yes']);
    assert.deepEqual(model.signature.inputs, [
      { name: 'amount', type: 'double', required: false },
      { name: 'age', type: 'long', required: true },
      { name: 'member', type: 'boolean', required: true },
      { name: 'city', type: 'string', required: false },
      { name: 'plan', type: 'string', required: true },
    ]);
    const { predictions, probability, byClass } = scoreTable(model, trained.table);
    const features = trained.table.columns.filter(({ name }) => name !== 't');
    const rows = Int32Array.from(predictions, (_, row) => row);
    assert.deepEqual(byClass, pipelineProbabilities(trained.pipeline, features, rows));
    assert.deepEqual(probability, byClass[1]);
    assert.deepEqual(
      predictions,
      Array.from(probability, (p) => (p > 0.5 ? 'yes' : 'no')),
    );
  });

  it('knows the categories of each text column', () => {
    const { categories } = loadModel(copy);
    assert.deepEqual([...categories.keys()].sort(), ['city', 'plan']);
    assert.ok(categories.get('city')!.has('東京'));
  });

  it("has a digest that any changed byte or name changes, and Python's own files do not", () => {
    assert.equal(digestFolder(copy), digest);
    writeFileSync(path.join(copy, 'registered_model_meta'), 'model_name: m');
    mkdirSync(path.join(copy, 'code', '__pycache__'));
    writeFileSync(path.join(copy, 'code', '__pycache__', 'x.pyc'), '');
    assert.equal(digestFolder(copy), digest);
    for (const name of readdirSync(original).filter((each) => each !== 'code')) {
      edit(name, (content) => `${content} `);
      assert.notEqual(digestFolder(copy), digest, name);
      cpSync(path.join(original, name), path.join(copy, name));
    }
    writeFileSync(path.join(copy, 'more'), '');
    assert.notEqual(digestFolder(copy), digest);
  });

  it('is whole or absent', async () => {
    const target = path.join(folder, 'taken');
    mkdirSync(target);
    writeFileSync(path.join(target, 'something'), '');
    assert.throws(() => writeModel(target, trained));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );
    assert.deepEqual(readdirSync(target), ['something']);
  });

  for (const name of ['MLmodel', 'model.onnx']) {
    it(`without ${name} is refused`, () => {
      rmSync(path.join(copy, name));
      refused(new RegExp(`${name} is missing`));
    });
  }

  const signatures: [string, string][] = [
    ['no signature', 'flavors: {}'],
    ['a signature that is no JSON', 'signature: { inputs: "[", outputs: "[]" }'],
    ['a signature of null', 'signature: { inputs: "null", outputs: "null" }'],
    ['tensors for columns', 'signature: { inputs: \'[{"type": "tensor", "tensor-spec": {}}]\', outputs: "[]" }'],
    ['text that is no YAML', '{'],
    ['nothing', ''],
  ];
  for (const [name, content] of signatures) {
    it(`whose MLmodel holds ${name} is refused`, () => {
      writeFileSync(path.join(copy, 'MLmodel'), content);
      refused(/MLmodel: no readable signature/);
    });
  }

  it('whose signature and graph speak of other columns or types is refused', () => {
    edit('MLmodel', (text) => text.replace('"age"', '"years"'));
    refused(/disagree about the column "(age|years)"/);
    cpSync(path.join(original, 'MLmodel'), path.join(copy, 'MLmodel'));
    edit('MLmodel', (text) => text.replace('"type":"long"', '"type":"double"'));
    refused(/disagree about the column "age"/);
  });

  it('whose input example cannot be read says so', () => {
    for (const content of ['', '[]', '{"columns": 1}', '{"columns": [], "data": [1]}']) {
      writeFileSync(path.join(copy, 'input_example.json'), content);
      assert.throws(
        () => loadModel(copy).inputExample(),
        (error) => EngineError.is(error, 'invalid-model') && /no readable input example/.test(error.message),
      );
    }
  });

  for (const [name, change, message] of ALTERED_GRAPHS) {
    it(`whose graph has ${name} is refused`, () => {
      editGraph(change);
      refused(message);
    });
  }

  it('with any altered byte is refused, or still scores without a crash', () => {
    const bytes = readFileSync(path.join(original, 'model.onnx'));
    let refusals = 0;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= flip;
        writeFileSync(path.join(copy, 'model.onnx'), changed);
        assert.notEqual(digestFolder(copy), digest);
        try {
          scoreTable(loadModel(copy), trained.table);
        } catch (error) {
          refusals++;
          assert.ok(EngineError.is(error, 'invalid-model'), String((error as Error).stack));
        }
      }),
      { numRuns: 400, seed: 1 },
    );
    assert.ok(refusals > 50, `only ${refusals} of 400 altered files were refused`);
  });
});

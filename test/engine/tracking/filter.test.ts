import * as assert from 'node:assert/strict';
import fc from 'fast-check';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { parseFilter, parseOrder } from '../../../src/engine/tracking/filter.ts';

/** A filter and its conditions as `entity key operator value`. */
const READS: [string, ...string[]][] = [
  [''],
  ['   '],
  ['metrics.accuracy > 0.9', 'metric accuracy > 0.9'],
  ['metric.accuracy>=-1.5e-3', 'metric accuracy >= -0.0015'],
  ['metrics.loss < .5', 'metric loss < 0.5'],
  ['metrics.`area under roc` != 1', 'metric area under roc != 1'],
  ['metrics."cv accuracy" <= 1', 'metric cv accuracy <= 1'],
  ['`metrics`.`a.b` = 1', 'metric a.b = 1'],
  ["params.lr = '0.01'", 'param lr = 0.01'],
  ['parameters.lr = "0.01"', 'param lr = 0.01'],
  ["tags.mlflow.source.name LIKE '%train%'", 'tag mlflow.source.name LIKE %train%'],
  ["tag.`a b` ilike 'X'", 'tag a b ILIKE X'],
  ["tags.team = 'it''s'", "tag team = it's"],
  ['tags.team = "it\'s"', "tag team = it's"],
  ['params.k IS NULL', 'param k IS NULL null'],
  ['tags.k is not null', 'tag k IS NOT NULL null'],
  ["attributes.status = 'FINISHED'", 'attribute status = FINISHED'],
  ["status != 'FAILED'", 'attribute status != FAILED'],
  ["attr.run_id IN ('a','b')", 'attribute run_id IN a,b'],
  ["run.run_id NOT IN ('a', )", 'attribute run_id NOT IN a'],
  ['attributes.start_time >= 1700000000000', 'attribute start_time >= 1700000000000'],
  ['created > 5', 'attribute start_time > 5'],
  ["`run name` = 'x'", 'attribute run_name = x'],
  ["attributes.`Run Name` LIKE 'x%'", 'attribute run_name LIKE x%'],
  ["dataset.name = 'train'", 'dataset name = train'],
  ["datasets.context in ('training', 'test')", 'dataset context IN training,test'],
  ["metrics.a > 1 AND params.b = 'and' and tags.`or` = ''", 'metric a > 1', 'param b = and', 'tag or = '],
  ["metrics.größe > 1 and user_id = '用户'", 'metric größe > 1', 'attribute user_id = 用户'],
];

/** A filter, the column that its error names and a word of what it says. */
const REFUSES: [string, number, RegExp][] = [
  ['metrics.accuracy', 17, /expected a comparison/],
  ['metrics.accuracy >', 19, /expected a number, found the end/],
  ["metrics.accuracy > '0.9'", 20, /expected a number, found "0.9"/],
  ["metrics.accuracy LIKE '0.9'", 18, /LIKE does not go with metrics\.accuracy/],
  ['params.lr = 0.01', 13, /expected a text in quotes, found "0.01"/],
  ["params.lr > '1'", 11, /> does not go with params\.lr: use =, !=, LIKE/],
  ["metric.a > 1 or params.b = '1'", 14, /not "or"/],
  ["metrics.a > 1 params.b = '1'", 15, /expected "and" or the end/],
  ['metrics.a > 1 and', 18, /found the end/],
  ["nonsense = 'x'", 1, /no attribute of runs/],
  ['metrcs.a > 1', 1, /did you mean "metrics"/],
  ["datasets.size = '1'", 1, /name, digest and context/],
  ["tags.a = 'open", 10, /quote ' is not closed/],
  ["tags.a == 'x'", 8, /expected "=", found "=="/],
  ["tags.a <> 'x'", 8, /expected "!="/],
  ['metrics. > 1', 9, /behind the dot/],
  ["status IN ('a')", 8, /IN does not go with/],
  ['run_id IN ()', 12, /text in quotes/],
  ["run_id IN ('a' 'b')", 16, /in the list/],
  ["tags.a IS 'x'", 11, /expected NULL/],
  ["tags.a NOT LIKE 'x'", 12, /expected IN/],
  ['metrics.a > 1; DROP TABLE runs', 14, /";" cannot be read/],
  ["'a' = tags.b", 1, /./],
];

describe('A filter', () => {
  for (const [text, ...expected] of READS) {
    it(`reads ${text || 'nothing'}`, () => {
      const conditions = parseFilter(text);
      assert.deepEqual(
        conditions.map((c) => `${c.entity} ${c.key} ${c.operator} ${c.value}`),
        expected,
      );
    });
  }

  for (const [text, column, message] of REFUSES) {
    it(`refuses ${text} and says where`, () => {
      assert.throws(
        () => parseFilter(text),
        (error: EngineError) => {
          assert.equal(error.reason, 'usage');
          assert.match(error.message, message);
          assert.equal(error.details.column, column, error.message);
          return true;
        },
      );
    });
  }

  it('of any text is read or refused, never anything else', () => {
    const piece = fc.constantFrom(
      'metrics',
      '.',
      'a',
      ' ',
      '`',
      '"',
      "'",
      '>',
      '=',
      '!',
      '(',
      ')',
      ',',
      '1',
      'and',
      'in',
      'is',
      '-',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          parseFilter(pieces.join(''));
        } catch (error) {
          assert.ok(EngineError.is(error, 'usage'), String(error));
        }
      }),
    );
  });

  it('gives back the key and the text that were put in quotes', () => {
    const key = fc.string({ minLength: 1 }).filter((text) => !text.includes('`'));
    fc.assert(
      fc.property(key, fc.string(), (name, text) => {
        const [condition] = parseFilter(`tags.\`${name}\` = '${text.replaceAll("'", "''")}'`);
        assert.deepEqual(condition, { entity: 'tag', key: name, operator: '=', value: text });
      }),
    );
  });
});

describe('An order', () => {
  it('reads a key and a direction', () => {
    assert.deepEqual(parseOrder('metrics.accuracy DESC'), { entity: 'metric', key: 'accuracy', descending: true });
    assert.deepEqual(parseOrder('params.`a b` asc'), { entity: 'param', key: 'a b', descending: false });
    assert.deepEqual(parseOrder('start_time'), { entity: 'attribute', key: 'start_time', descending: false });
    assert.deepEqual(parseOrder('attributes.Created desc'), {
      entity: 'attribute',
      key: 'start_time',
      descending: true,
    });
  });

  it('refuses everything else', () => {
    for (const text of ['', 'metrics.a DOWN', 'metrics.a DESC, metrics.b', 'dataset.name ASC', 'nothing']) {
      assert.throws(
        () => parseOrder(text),
        (error) => EngineError.is(error, 'usage'),
        text,
      );
    }
  });
});

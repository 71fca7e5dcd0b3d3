import * as assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type PredictInput, type RowFormat, readInput } from '../../../src/engine/prediction/input.ts';
import { type PredictOptions, type PredictResult, predict } from '../../../src/engine/prediction/predict.ts';
import { EngineError, type ErrorReason } from '../../../src/engine/support/errors.ts';
import { train } from '../../../src/engine/training/train.ts';
import { type TemporaryProject, temporaryProject } from '../training/temporary-project.ts';

const ROW = { amount: 100.5, age: 30, member: true, city: 'Paris', plan: 'plan 1' };
const OTHER = { amount: null, age: 61, member: false, city: null, plan: 'plan 2' };
const CSV = 'amount,age,member,city,plan\n100.5,30,True,Paris,plan 1\n,61,False,,plan 2\n';

describe('predict', () => {
  let temporary: TemporaryProject;
  let expected: PredictResult['predictions'];

  before(async () => {
    temporary = await temporaryProject();
    await train(temporary.project);
    expected = (await scored({ rows: [ROW, OTHER] })).predictions;
  });
  after(() => temporary.dispose());

  const scored = (input: PredictInput, options: Partial<PredictOptions> = {}) =>
    predict(temporary.project, { input, select: { version: '1' }, ...options });
  const refused = (
    input: PredictInput,
    message: RegExp,
    options: Partial<PredictOptions> = {},
    reason: ErrorReason = 'invalid-data',
  ) =>
    assert.rejects(scored(input, options), (error) => {
      assert.ok(EngineError.is(error, reason), String(error));
      assert.match(error.message, message);
      return true;
    });

  it('gives the class, its probability and one per class, in the words of the contract', async () => {
    const result = await scored({ rows: [ROW] });
    assert.deepEqual(Object.keys(result), ['schema', 'model_name', 'version', 'predictions', 'warnings', 'output']);
    assert.deepEqual([result.schema, result.model_name, result.version, result.warnings], [1, 'model', '1', []]);
    const { prediction, probability, probabilities } = result.predictions[0]!;
    assert.equal(prediction, probability > 0.5 ? 'yes' : 'no');
    assert.equal(probabilities.yes, probability);
    assert.ok(Math.abs(probabilities.no! + probabilities.yes! - 1) < 1e-6);
  });

  const inputs: [string, PredictInput][] = [
    ['a CSV text', { text: CSV }],
    ['a CSV text with semicolons and decimal commas', { text: CSV.replaceAll(',', ';').replace('100.5', '100,5') }],
    [
      'columns in another order',
      { text: 'plan,city,member,age,amount\nplan 1,Paris,true,30,100.5\nplan 2,,false,61,\n' },
    ],
    ['a JSON list', { text: JSON.stringify([ROW, OTHER]) }],
    ['JSON lines', { text: `${JSON.stringify(ROW)}\n\n${JSON.stringify(OTHER)}\n`, format: 'jsonl' }],
    ['JSON lines that nobody called so', { text: `${JSON.stringify(ROW)}\n${JSON.stringify(OTHER)}\n` }],
    [
      'the split orientation of pandas',
      { text: JSON.stringify({ columns: Object.keys(ROW), data: [Object.values(ROW), Object.values(OTHER)] }) },
    ],
    ['arrays in the order of the signature', { arrays: [Object.values(ROW), Object.values(OTHER)] }],
    [
      'columns',
      {
        columns: Object.fromEntries(
          Object.entries(ROW).map(([name, value]) => [name, [value, OTHER[name as keyof typeof OTHER]]]),
        ),
      },
    ],
    [
      'numbers and booleans written as text',
      {
        rows: [
          { ...ROW, amount: '1.005e2', age: ' 30', member: 'TRUE' },
          { ...OTHER, amount: 'NA', age: '61' },
        ],
      },
    ],
  ];
  for (const [name, input] of inputs) {
    it(`takes ${name}`, async () => {
      const result = await scored(input);
      assert.deepEqual(result.predictions, expected);
      assert.deepEqual(result.warnings, []);
    });
  }

  it('takes files: CSV, compressed, in another encoding, JSON and JSON lines', async () => {
    const files = [
      temporary.write('rows.csv', `\uFEFF${CSV.replaceAll('\n', '\r\n')}`),
      temporary.write('rows.csv.gz', gzipSync(CSV)),
      temporary.write('utf16.csv', Buffer.from(`\uFEFF${CSV}`, 'utf16le')),
      temporary.write('rows.json', `\uFEFF${JSON.stringify([ROW, OTHER])}`),
      temporary.write('rows.jsonl', `${JSON.stringify(ROW)}\r\n${JSON.stringify(OTHER)}`),
    ];
    for (const file of files) assert.deepEqual((await scored({ file })).predictions, expected, file);
  });

  it('gives nothing for no rows', async () => {
    for (const text of ['[]', 'amount,age,member,city,plan\n'])
      assert.deepEqual((await scored({ text })).predictions, []);
  });

  it('scores one JSON object', async () => {
    assert.deepEqual((await scored({ text: JSON.stringify(ROW) })).predictions, [expected[0]]);
  });

  it('warns of columns it does not use, and of optional ones that are absent', async () => {
    const { amount: _amount, ...rest } = ROW;
    const { warnings, predictions } = await scored({ rows: [{ ...rest, note: 'x', t: 'yes' }] });
    assert.deepEqual(warnings, [
      'column "amount" is absent; it is scored as missing.',
      'columns that the model does not use: note, t.',
    ]);
    assert.deepEqual(predictions, (await scored({ rows: [{ ...ROW, amount: null }] })).predictions);
  });

  it('warns of categories it was not trained on, and refuses them when told to be strict', async () => {
    const rows = ['Oslo', 'Rome', 'Oslo', 'Paris'].map((city) => ({ ...ROW, city }));
    const { warnings } = await scored({ rows });
    assert.deepEqual(warnings, [
      'column "city": 3 rows hold categories the model was not trained on ("Oslo", "Rome"); they are scored as unknown.',
    ]);
    await refused({ rows }, /3 rows hold categories/, { strict: true });
    assert.equal((await scored({ rows: [ROW, OTHER] }, { strict: true })).predictions.length, 2);
  });

  const { age: _age, ...withoutAge } = ROW;
  const bad: [string, PredictInput, RegExp][] = [
    ['a missing column', { rows: [withoutAge] }, /^The input lacks the column "age"\.$/],
    ['a column with a typing error', { text: CSV.replace('age', 'agee') }, /lacks the column "age" \(is it "agee"\?\)/],
    ['several missing columns', { rows: [{ amount: 1 }] }, /^The input lacks the columns "age", "member", "plan"\.$/],
    [
      'text for a number, with row and column',
      { text: CSV.replace('61', 'old') },
      /^standard input:3: column "age": found "old"; expected a whole number$/,
    ],
    [
      'a fraction for a whole number',
      { rows: [{ ...ROW, age: 30.5 }] },
      /^row 1: column "age": found 30.5; expected a whole number$/,
    ],
    [
      'no value for a whole number',
      { rows: [ROW, { ...ROW, age: null }] },
      /^row 2: column "age": found no value; expected a whole number$/,
    ],
    [
      'a number for true or false',
      { rows: [{ ...ROW, member: 2 }] },
      /column "member": found 2; expected true or false/,
    ],
    ['true for a number', { rows: [{ ...ROW, amount: true }] }, /column "amount": found true; expected a number/],
    ['a ragged CSV row', { text: `${CSV}1,2\n` }, /^standard input:4: found 2 fields; the header has 5\.$/],
    ['an open quote', { text: `${CSV}1,2,True,"x,y\n` }, /^standard input:4: a quote is opened and never closed/],
    ['a doubled column', { text: CSV.replace('city', 'age') }, /two columns are called "age"/],
    ['an empty text', { text: '' }, /the file is empty/],
    ['an array that is too short', { arrays: [[1, 2]] }, /^row 1: found 2 values; expected 5\.$/],
    [
      'an array that is too long',
      { arrays: [Object.values(ROW), [...Object.values(ROW), 1]] },
      /^row 2: found 6 values; expected 5\.$/,
    ],
    [
      'columns of unequal length',
      { columns: { ...Object.fromEntries(Object.keys(ROW).map((name) => [name, [1]])), age: [1, 2] } },
      /unequal length/,
    ],
    ['broken JSON', { text: '[{"age": 1' }, /^standard input: not valid JSON: /],
    [
      'a broken JSON line',
      { text: `${JSON.stringify(ROW)}\n{"age"\n`, format: 'jsonl' },
      /^standard input:2: not valid JSON: /,
    ],
    ['JSON null', { text: 'null', format: 'json' }, /expected an object with a value per column/],
    ['a list of numbers', { text: '[1, 2]' }, /^standard input: row 1: expected an object/],
    [
      'a nested value',
      { text: JSON.stringify([{ ...ROW, city: { name: 'Paris' } }]) },
      /column "city": expected text or a number/,
    ],
    [
      'split orientation with a row that is none',
      { text: '{"columns": ["age"], "data": [null]}' },
      /row 1: expected a list of values/,
    ],
    [
      'split orientation with a short row',
      { text: '{"columns": ["age", "city"], "data": [[1]]}' },
      /row 1: found 1 values; expected 2/,
    ],
  ];
  for (const [name, input, message] of bad) {
    it(`refuses ${name}`, () => refused(input, message));
  }

  it('names each of ten bad values, then how many more there are', async () => {
    const rows = Array.from({ length: 13 }, () => ({ ...ROW, age: 'x' }));
    await assert.rejects(scored({ rows }), (error) => {
      assert.ok(EngineError.is(error, 'invalid-data'));
      const lines = error.message.split('\n');
      assert.deepEqual([lines.length, lines.at(-1)], [11, '... and 3 more']);
      return true;
    });
  });

  it('refuses a file that is not there, and Parquet where text is asked for', async () => {
    await refused({ file: '/nowhere/rows.csv' }, /rows\.csv does not exist/, {}, 'not-found');
    await refused({ file: '/nowhere/rows.parquet' }, /rows\.parquet does not exist/, {}, 'not-found');
    const output = { write: () => undefined, format: 'parquet' as const };
    await refused({ rows: [ROW] }, /Parquet is no text/, { output }, 'usage');
  });

  it('refuses a version, alias or stage that is not there', async () => {
    await refused({ rows: [ROW] }, /No version of model is in GNU_Production/, { select: {} }, 'not-found');
    await refused({ rows: [ROW] }, /model has no alias "champion"/, { select: { alias: 'champion' } }, 'not-found');
    await refused({ rows: [ROW] }, /99/, { select: { version: '99' } }, 'not-found');
  });

  it('reads rows as the training data is written', async () => {
    const set = ['data.delimiter=":"', 'data.decimal=","', 'data.encoding=latin1'];
    const project = await temporary.reopen(set);
    const file = temporary.write(
      'odd.csv',
      Buffer.from('amount:age:member:city:plan\n100,5:30:True:Paris:plan 1\n', 'latin1'),
    );
    const { predictions } = await predict(project, { input: { file }, select: { version: '1' } });
    assert.deepEqual(predictions, [expected[0]]);
  });
});

describe('The output of predict', () => {
  let temporary: TemporaryProject;
  before(async () => {
    temporary = await temporaryProject();
    await train(temporary.project);
  });
  after(() => temporary.dispose());

  const write = async (input: PredictInput, output: string, format?: RowFormat): Promise<string> => {
    const now = new Date('2026-11-25T01:02:03.004Z');
    const project = await temporary.reopen([], { clock: () => now });
    const file = `${temporary.folder}/out/${output}`;
    const result = await predict(project, { input, select: { version: '1' }, output: { file, format } });
    assert.equal(result.output, file);
    return temporary.read(`out/${output}`);
  };
  const added = [
    'prediction',
    'probability',
    'probability_no',
    'probability_yes',
    'model_name',
    'model_version',
    'prediction_timestamp',
  ];

  it('is CSV with every column that came and ours behind', async () => {
    const text = await write({ text: `note,${CSV.replaceAll('\n', '\nx,').slice(0, -2)}` }, 'rows.csv');
    const { columns, rows } = readInput({ text }, []);
    assert.deepEqual(columns, ['note', ...Object.keys(ROW), ...added]);
    assert.deepEqual(
      rows.map(({ note, amount, city }) => [note, amount, city]),
      [
        ['x', '100.5', 'Paris'],
        ['x', '', ''],
      ],
    );
    assert.deepEqual([rows[0]!.model_name, rows[0]!.model_version], ['model', '1']);
    assert.equal(rows[0]!.prediction_timestamp, '2026-11-25T01:02:03.004Z');
  });

  it('has the format of its name, else of the input, unless told', async () => {
    assert.equal(JSON.parse(await write({ rows: [ROW, OTHER] }, 'rows.json')).length, 2);
    assert.deepEqual(Object.keys(JSON.parse((await write({ rows: [ROW, OTHER] }, 'rows.jsonl')).split('\n')[1]!)), [
      ...Object.keys(OTHER),
      ...added,
    ]);
    assert.match(await write({ text: CSV }, 'rows'), /^amount,age,/);
    assert.equal(JSON.parse(await write({ text: CSV }, 'rows.txt', 'json')).length, 2);
  });

  it('has a header even without rows', async () => {
    const header = [...Object.keys(ROW), ...added].join(',');
    assert.equal(await write({ text: `${Object.keys(ROW).join(',')}\n` }, 'none.csv'), `${header}\n`);
  });

  it('quotes what needs quotes', async () => {
    const text = await write({ rows: [{ ...ROW, city: 'a "b", c\nd' }] }, 'quoted.csv');
    assert.ok(text.includes('"a ""b"", c\nd"'));
  });

  it('puts a prefix before all our columns when the rows have one of such a name', async () => {
    const once = await write({ text: CSV }, 'once.csv');
    const twice = readInput({ text: await write({ text: once }, 'twice.csv') }, []);
    assert.deepEqual(twice.columns, [...Object.keys(ROW), ...added, ...added.map((name) => `gnu_mlops_${name}`)]);
    for (const row of twice.rows) assert.equal(row.gnu_mlops_prediction, row.prediction);
  });

  it('is whole or absent, and leaves nothing beside it', async () => {
    await write({ text: CSV }, 'alone/rows.csv');
    assert.deepEqual(readdirSync(`${temporary.folder}/out/alone`), ['rows.csv']);
  });
});

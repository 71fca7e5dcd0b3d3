import * as assert from 'node:assert/strict';
import path from 'node:path';
import { loadConfig } from '../../../src/engine/config/load.ts';
import { parseSetFlag } from '../../../src/engine/config/overrides.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { inspectText, messagesOf } from './config-text.ts';

/** A wrong config.yaml and what is said about it. */
const WRONG: [name: string, text: string, messages: (string | RegExp)[]][] = [
  [
    'a key with a typing error',
    'training:\n  test_sise: 0.3\n',
    ['config.yaml:2:3: training.test_sise: unknown key "test_sise"; did you mean "test_size"?'],
  ],
  [
    'a key that is like none',
    'logs:\n  zzzzzzzzzz: 1',
    ['config.yaml:2:3: logs.zzzzzzzzzz: unknown key "zzzzzzzzzz"; allowed here: retention_days'],
  ],
  ['a section with a typing error', 'trainning: {}', [/^config\.yaml:1:1: trainning: .*did you mean "training"\?/]],
  [
    'a wrong type',
    'training:\n  cv_folds: many\n',
    ['config.yaml:2:13: training.cv_folds: found "many"; expected an integer'],
  ],
  ['a fraction for a whole number', 'training: { cv_folds: 2.5 }', [/1:23: .*found 2.5; expected an integer/]],
  [
    'a value that is none of the allowed ones',
    'model:\n  algorithm: random_forrest\n',
    [
      /^config\.yaml:2:14: model\.algorithm: found "random_forrest"; expected random_forest, .*\(did you mean "random_forest"\?\)$/,
    ],
  ],
  [
    'a number out of range',
    'training: { test_size: 1.5 }',
    [/1:24: training\.test_size: found 1.5; expected less than 1/],
  ],
  ['a list for text', 'data:\n  path: [a.csv]', ['config.yaml:2:9: data.path: found a list; expected text']],
  ['a section for text', 'data:\n  path: { a: 1 }', ['config.yaml:2:9: data.path: found a section; expected text']],
  ['text for a section', 'training: fast', ['config.yaml:1:11: training: found "fast"; expected a section']],
  ['an empty section', 'training:\n', ['config.yaml:1:10: training: found null; expected a section']],
  [
    'text for a list',
    'data: { feature_columns: age }',
    ['config.yaml:1:26: data.feature_columns: found "age"; expected a list'],
  ],
  ['null for a list', 'notifications: { webhooks: null }', [/found null; expected a list$/]],
  [
    'a gate of an unknown metric',
    'deployment:\n  gates:\n    staging: { acuracy: 0.7 }',
    [/^config\.yaml:3:16: .*did you mean "accuracy"\?$/],
  ],
  [
    'a gate that is no number',
    'deployment: { gates: { staging: { accuracy: high } } }',
    [/found "high"; expected a number, or \{ min: number, max: number \}$/],
  ],
  [
    'an empty gate',
    'deployment: { gates: { staging: { accuracy: {} } } }',
    [/expected a number, or \{ min: number, max: number \}$/],
  ],
  [
    'a schedule without a cron expression',
    'schedules:\n  - { id: a, operation: batch }',
    ['config.yaml:2:5: schedules[0]: "cron" is missing'],
  ],
  [
    'a key twice',
    'logs:\n  retention_days: 1\n  retention_days: 2',
    [/^config\.yaml:3:3: not valid YAML: Map keys must be unique/],
  ],
  [
    'a bracket that never closes',
    'data:\n  feature_columns: [a, b\nlogs: {}',
    [/^config\.yaml:\d+:\d+: not valid YAML: /],
  ],
  ['a tab', 'data:\n\tpath: x', [/^config\.yaml:2:1: not valid YAML: Tabs/]],
  ['a glob without quotes', 'data:\n  path: *.csv', [/^config\.yaml:2:9: not valid YAML: .*alias/i]],
  ['aliases that expand without end', bomb(), [/^config\.yaml:\d+:\d+: not valid YAML: .*alias/i]],
  ['a list', '- a\n- b', ['config.yaml:1:1: expected sections such as mlflow:, model:, training: and data:']],
  ['a sentence', 'hello', ['config.yaml:1:1: expected sections such as mlflow:, model:, training: and data:']],
  ['two documents', 'logs: {}\n---\nlogs: {}', [/^config\.yaml:2:1: not valid YAML: /]],
  ['one fold', 'training: { cv_folds: 1 }', [/found 1; expected 0 or at least 2$/]],
  ['no thread', 'training: { n_jobs: 0 }', [/found 0; expected -1 or at least 1$/]],
  ['too small a number', 'monitoring: { window: 0 }', [/found 0; expected at least 1$/]],
  ['too large a number', 'deployment: { endpoint: { port: 70000 } }', [/found 70000; expected at most 65535$/]],
  ['a number at the bound', 'training: { test_size: 0 }', [/found 0; expected more than 0$/]],
  ['an empty name', 'mlflow: { model_name: "" }', [/^config\.yaml:1:23: mlflow\.model_name: must not be empty$/]],
  ['a name with a slash', 'mlflow: { model_name: a/b }', [/found "a\/b"; expected a name without \/ and :$/]],
  ['a time without its unit', 'retraining: { soak: "5" }', [/found "5"; expected a time such as 24h, 90m or 2d$/]],
  ['a name twice', 'data: { feature_columns: [a, b, a] }', [/expected each only once \("a" comes twice\)$/]],
  ['two signs for a delimiter', 'data: { delimiter: ";;" }', [/found ";;"; expected one character$/]],
  [
    'a secret that is a number',
    'databricks: { token: 12345 }',
    [/databricks\.token: found a number; expected text or null$/],
  ],
  [
    'several errors at once, each with its place',
    'training:\n  cv_folds: x\n  n_jobs: 0\ndata:\n  decimal: ";"',
    [/^config\.yaml:2:13: /, /^config\.yaml:3:11: /, /^config\.yaml:5:12: /],
  ],
];

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
  return ['a0: &a0 [x, x]', ...levels].join('\n');
}

describe('A wrong config.yaml', () => {
  for (const [name, text, expected] of WRONG) {
    it(`with ${name} says where and what`, () => {
      const messages = messagesOf(inspectText(text));
      assert.equal(messages.length, expected.length, messages.join('\n'));
      for (const [i, message] of messages.entries()) {
        if (typeof expected[i] === 'string') assert.equal(message, expected[i]);
        else assert.match(message, expected[i]!);
      }
    });
  }

  it('is refused with all errors, the first place and a way out', () => {
    const text = 'training:\n  cv_folds: x\nlogz: {}';
    assert.throws(
      () => loadConfig({ file: '/project/config.yaml', text, env: {} }),
      (error) => {
        assert.ok(EngineError.is(error, 'invalid-config'));
        assert.equal(error.message.split('\n').length, 2);
        assert.deepEqual(error.details.position, { file: '/project/config.yaml', line: 3, column: 1 });
        assert.match(String(error.details.fix), /gnu-mlops validate/);
        return true;
      },
    );
  });

  it('is corrected in the file or the flag it came from, and looked at again with the same --config', () => {
    const fixOf = (text: string, name: string, set: string[]): unknown => {
      try {
        loadConfig({ file: path.resolve(name), text, overrides: set.map(parseSetFlag), env: {} });
      } catch (error) {
        return (error as EngineError).details.fix;
      }
      return assert.fail('it was accepted');
    };
    const wrong = 'logs: { retention_days: 0 }';
    const flag = ['training.cv_folds=1'];
    assert.equal(fixOf(wrong, 'config.yaml', []), 'Correct the line above, then run: gnu-mlops validate');
    assert.match(String(fixOf(wrong, 'sub/other.yaml', [])), /gnu-mlops validate --config sub.other\.yaml$/);
    assert.equal(fixOf('', 'config.yaml', flag), 'Correct --set training.cv_folds, then run the command again.');
    assert.match(
      String(fixOf(wrong, 'config.yaml', flag)),
      /^Correct the line above and --set training\.cv_folds, then/,
    );
  });

  it('that does not exist is refused with a way out', () => {
    assert.throws(
      () => loadConfig({ file: '/nowhere/config.yaml', env: {} }),
      (error) => EngineError.is(error, 'invalid-config') && /init/.test(String(error.details.fix)),
    );
  });

  it('still gives the editor a configuration to look around in', () => {
    const { config } = inspectText('training: { cv_folds: x }\ndata: { path: here.csv }\nmlflow: 5');
    assert.equal(config.data.path, 'here.csv');
    assert.equal(config.data.target_column, 'target');
    assert.equal(config.mlflow.tracking_uri, 'sqlite:///mlflow.db');
  });

  it('is right again when it is empty, or holds comments only', () => {
    for (const text of ['', '# nothing yet\n', '\n\n']) assert.deepEqual(messagesOf(inspectText(text)), []);
  });

  it('offers the name that was probably meant, for a quick fix', () => {
    const [finding] = inspectText('training: { random_sed: 1 }').findings;
    assert.equal(finding!.replacement, 'random_seed');
  });
});

import * as assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { activated, until, workspaceFolder } from './extension-under-test.ts';

describe('config.yaml in the editor', () => {
  let document: vscode.TextDocument;

  before(async () => {
    await activated();
    // The editor in a browser saves by itself otherwise, and other tests would find what is typed here.
    await vscode.workspace.getConfiguration().update('files.autoSave', 'off', vscode.ConfigurationTarget.Global);
    document = await vscode.workspace.openTextDocument(path.join(workspaceFolder(), 'config.yaml'));
    await vscode.window.showTextDocument(document);
  });

  afterEach(() => vscode.commands.executeCommand('workbench.action.files.revert'));

  /** Replaces the text without saving it; | marks the cursor, whose place is returned. */
  async function type(marked: string): Promise<vscode.Position> {
    const offset = marked.indexOf('|');
    const text = marked.replace('|', '');
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
    assert.ok(await vscode.workspace.applyEdit(edit));
    return document.positionAt(Math.max(0, offset));
  }

  async function completions(marked: string): Promise<Map<string, vscode.CompletionItem>> {
    const position = await type(marked);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      position,
    );
    const items = list.items.filter(({ kind }) => kind !== vscode.CompletionItemKind.Text);
    return new Map(items.map((item) => [typeof item.label === 'string' ? item.label : item.label.label, item]));
  }

  function diagnostics(): vscode.Diagnostic[] {
    return vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'GNU MLOps');
  }

  /** The only problem of a text, once the editor has found it. */
  async function problem(text: string, pattern: RegExp): Promise<vscode.Diagnostic> {
    await type(text);
    return until(() => {
      const [found, ...others] = diagnostics();
      return others.length === 0 && found && pattern.test(found.message) ? found : undefined;
    }, `the only problem is ${pattern}`);
  }

  async function noProblem(text: string): Promise<void> {
    await type(text);
    await until(() => diagnostics().length === 0, 'there is no problem');
  }

  async function hover(marked: string): Promise<string> {
    const position = await type(marked);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      position,
    );
    return hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
  }

  const valid = 'data:\n  path: data/train.csv\n  target_column: diagnosis\n';

  it('has no problem as the example ships it', async () => {
    await problem(`${valid}modell:\n`, /modell/);
    await noProblem(valid);
  });

  it('marks a wrong key at its place while it is typed, and the quick fix corrects it', async () => {
    const expected = /unknown key "test_sise"; did you mean "test_size"\?/;
    const { range } = await problem(`${valid}training:\n  test_sise: 0.2\n`, expected);
    assert.deepEqual(range, new vscode.Range(4, 2, 4, 11));
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      range,
    );
    const fix = actions.find(({ title }) => title === 'Change to "test_size"');
    assert.ok(fix?.edit, actions.map(({ title }) => title).join());
    await vscode.workspace.applyEdit(fix.edit);
    assert.equal(document.lineAt(4).text, '  test_size: 0.2');
  });

  it('marks a wrong value, and offers the nearest that is allowed', async () => {
    const expected = /found "random_forrest"; expected random_forest/;
    const { range } = await problem(`${valid}model:\n  algorithm: random_forrest\n`, expected);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      range,
    );
    assert.ok(actions.some(({ title }) => title === 'Change to "random_forest"'));
  });

  it('marks a column that the data does not have', async () => {
    const expected = /the data has no column "diagnosys"; did you mean "diagnosis"\?/;
    await problem(valid.replace('diagnosis', 'diagnosys'), expected);
  });

  it('says nothing about configurations of other tools', async () => {
    await problem(`${valid}modell:\n`, /modell/);
    await noProblem('theme: dark\ntitle: my site\n');
  });

  it('completes sections at the left edge, without those that are there', async () => {
    const items = await completions(`${valid}\n|`);
    assert.ok(items.has('training') && items.has('deployment'), [...items.keys()].join());
    assert.equal(items.has('data'), false);
  });

  it('completes keys inside a section, with type, default and meaning', async () => {
    const items = await completions(`${valid}training:\n  |\n`);
    const item = items.get('cv_folds');
    assert.ok(item);
    assert.match(item.detail ?? '', /integer, default 5/);
    assert.match((item.documentation as vscode.MarkdownString).value, /Folds of the cross-validation/);
  });

  it('completes keys inside braces', async () => {
    const items = await completions(`${valid}deployment:\n  gates:\n    staging: { accuracy: 0.7, | }\n`);
    assert.ok(items.has('recall'), [...items.keys()].join());
    assert.equal(items.has('accuracy'), false);
  });

  it('completes allowed values', async () => {
    const items = await completions(`${valid}training:\n  split: |\n`);
    assert.deepEqual(
      ['hash', 'stratified', 'time'].filter((name) => items.has(name)),
      ['hash', 'stratified', 'time'],
    );
  });

  it('completes hyper-parameters of the algorithm that is configured', async () => {
    const items = await completions(`${valid}model:\n  algorithm: lightgbm\n  hyperparameters:\n    |\n`);
    assert.ok(items.has('num_leaves'), [...items.keys()].join());
  });

  it('completes names of columns from the data', async () => {
    const items = await completions('data:\n  path: data/train.csv\n  target_column: |\n');
    assert.equal(items.get('diagnosis')?.detail, 'column of data/train.csv');
  });

  it('completes keys of a schedule in a list', async () => {
    const items = await completions(`${valid}schedules:\n  - id: daily\n    |\n`);
    assert.ok(items.has('cron'), [...items.keys()].join());
  });

  it('explains a key on hover', async () => {
    assert.match(await hover(`${valid}training:\n  cv_f|olds: 5\n`), /Folds of the cross-validation.*at least 0/s);
    assert.match(
      await hover(`${valid}model:\n  algorithm: xgboost\n  hyperparameters: { gam|ma: 0.1 }\n`),
      /Least gain of a split\. For xgboost/,
    );
  });

  it('offers to train and to validate above the sections', async () => {
    await type(`${valid}model:\n  algorithm: xgboost\n`);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
    );
    const offered = lenses.map(({ range, command }) => `${range.start.line} ${command?.command}`);
    assert.deepEqual(offered.sort(), ['0 gnuMlops.validate', '3 gnuMlops.train']);
  });
});

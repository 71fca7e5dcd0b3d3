import path from 'node:path';
import * as vscode from 'vscode';
import type { ModelInputs, PredictInput, PredictRequest, ProjectRef } from '../../protocol/engine-api.ts';
import { percent, predictionReport } from '../documents/prediction-report.ts';
import { withCancellableProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { CommandDefinition } from './command.ts';

type Way = 'form' | 'json' | 'file';

/** Scores one row from a form or JSON, or the rows of a file, with the version in production. */
export const predict: CommandDefinition = {
  id: 'gnuMlops.predict',
  title: 'Predict...',
  icon: '$(sparkle)',
  menus: [{ menu: 'view/item/context', when: 'viewItem =~ /^version\\./', group: '2_predict@1' }],
  run: async (session, target) => {
    const project = requireProject(session);
    const inputs = await session.engine.api.modelInputs(project, versionOf(target));
    const way = await session.dialogs.pick<Way>(`Predict with version ${inputs.version}`, [
      {
        label: '$(list-selection) One row, column by column',
        detail: "Starts from the model's input example.",
        value: 'form',
      },
      { label: '$(json) One row as JSON', detail: 'An object with a value per column.', value: 'json' },
      { label: '$(file) A file', detail: 'CSV, JSON or JSON lines; the result is another file.', value: 'file' },
    ]);
    if (way === undefined) return undefined;
    return way === 'file' ? predictFile(session, project, inputs) : predictRow(session, project, way, inputs);
  },
};

async function predictFile(session: EditorSession, project: ProjectRef, { version }: ModelInputs) {
  const { dialogs, engine } = session;
  const folder = session.project.folder;
  const file = await dialogs.chooseFile({
    title: 'Rows to score',
    filters: { 'Tabular data': ['csv', 'json', 'jsonl', 'ndjson'] },
    ...(folder === undefined ? {} : { defaultUri: folder }),
  });
  if (file === undefined) return undefined;
  const output = await dialogs.chooseTarget({
    title: 'Where to write the predictions',
    defaultUri: vscode.Uri.file(proposedOutput(project, file.fsPath)),
  });
  if (output === undefined) return undefined;
  const request: PredictRequest = { input: { file: file.fsPath }, version, output: output.fsPath };
  const result = await withCancellableProgress(engine, 'Predicting', (id) => engine.api.predict(project, request, id));
  await session.documents.showMarkdown('Predictions', predictionReport(result));
  return result;
}

async function predictRow(session: EditorSession, project: ProjectRef, way: Way, inputs: ModelInputs) {
  const input = way === 'form' ? await fillForm(session, inputs) : await fillJson(session, inputs);
  if (input === undefined) return undefined;
  const { engine, dialogs } = session;
  const request: PredictRequest = { input, version: inputs.version };
  const result = await withCancellableProgress(engine, 'Predicting', (id) => engine.api.predict(project, request, id));
  await session.documents.showMarkdown('Predictions', predictionReport(result));
  const [first] = result.predictions;
  if (first) {
    const share = percent(first.probabilities[String(first.prediction)]);
    void dialogs.say(`${first.prediction}, ${share} (version ${result.version}).`);
  }
  return result;
}

/** One box per column of the signature; Escape in any of them ends it. */
async function fillForm(
  { dialogs }: EditorSession,
  { signature, example }: ModelInputs,
): Promise<PredictInput | undefined> {
  const row: Record<string, string | null> = {};
  for (const [i, { name, type, required }] of signature.inputs.entries()) {
    const answer = await dialogs.ask({
      title: `Predict (${i + 1} of ${signature.inputs.length})`,
      prompt: `${name}: ${type}${required ? '' : ', may be empty'}`,
      value: exampleCell(example, name),
    });
    if (answer === undefined) return undefined;
    row[name] = answer === '' ? null : answer;
  }
  return { rows: [row] };
}

async function fillJson(
  { dialogs }: EditorSession,
  { signature, example }: ModelInputs,
): Promise<PredictInput | undefined> {
  const cells = signature.inputs.map(({ name }) => [name, exampleValue(example, name)]);
  const text = await dialogs.ask({
    title: 'Predict one row',
    prompt: 'An object with a value per column; null where it is missing',
    value: JSON.stringify(Object.fromEntries(cells)),
    check: (answer) => jsonProblem(answer),
  });
  return text === undefined ? undefined : { text, format: 'json' };
}

function jsonProblem(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? null : 'Expected an object with a value per column.';
  } catch (error) {
    return `Not valid JSON: ${(error as Error).message}`;
  }
}

function exampleValue(example: ModelInputs['example'], column: string) {
  const at = example?.columns.indexOf(column) ?? -1;
  return example?.data[0]?.[at] ?? null;
}

function exampleCell(example: ModelInputs['example'], column: string): string {
  return String(exampleValue(example, column) ?? '');
}

function proposedOutput({ configFile }: ProjectRef, input: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '');
  return path.join(path.dirname(configFile), 'predictions', `${path.parse(input).name}-${stamp}Z.csv`);
}

function versionOf(target: unknown): string | undefined {
  const node = target as { kind?: string; version?: { version: string } } | undefined;
  return node?.kind === 'version' ? node.version?.version : undefined;
}

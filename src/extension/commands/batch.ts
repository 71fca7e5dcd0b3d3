import path from 'node:path';
import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { BatchRequest, BatchResult } from '../../protocol/unattended-api.ts';
import { batchReport } from '../documents/batch-report.ts';
import { withCancellableProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import { counted } from '../views/batch-rows.ts';
import type { OperationsNode } from '../views/operations-node.ts';
import type { CommandDefinition } from './command.ts';
import { showLogOf } from './runs.ts';

const SHOW_LOG = 'Show Log';
const SHOW_REPORT = 'Show Report';
const PREVIEW = 'Preview Output';
const ON_GROUP = 'view == gnuMlops.operations && viewItem == group.batches';

/** Scores what waits in the input folder. */
export const batch: CommandDefinition = {
  id: 'gnuMlops.batch',
  title: 'Run Batch',
  icon: '$(play)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: ON_GROUP, group: 'inline@1' }],
  run: (session) => scoreBatch(session, {}),
};

/** Scores one file, wherever it lies. */
export const batchFile: CommandDefinition = {
  id: 'gnuMlops.batchFile',
  title: 'Run Batch on a File...',
  icon: '$(file)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: ON_GROUP, group: '1_batch@1' }],
  run: async (session) => {
    const { dialogs, project } = session;
    const file = await dialogs.chooseFile({
      title: 'File to score and to move to the archive',
      filters: { 'Rows to score': ['csv', 'gz', 'parquet'] },
      ...(project.folder === undefined ? {} : { defaultUri: project.folder }),
    });
    return file === undefined ? undefined : scoreBatch(session, { path: file.fsPath });
  },
};

/** What a batch would score now: the command line's `batch --dry-run`. */
export const batchPlan: CommandDefinition = {
  id: 'gnuMlops.batchPlan',
  title: 'Show What a Batch Would Score (Dry Run)',
  icon: '$(checklist)',
  menus: [{ menu: 'view/item/context', when: ON_GROUP, group: '1_batch@2' }],
  run: async (session) => {
    const project = requireProject(session);
    const { engine, documents } = session;
    const plan = await withCancellableProgress(engine, 'Looking for files to score', (id) =>
      engine.api.batch(project, { dryRun: true }, id),
    );
    await documents.showMarkdown('Batch plan', batchReport(plan));
    return plan;
  },
};

/** The beginning of an output, with what the batch added. */
export const previewBatch: CommandDefinition = {
  id: 'gnuMlops.previewBatch',
  title: 'Preview Batch Output',
  icon: '$(open-preview)',
  palette: 'never',
  menus: [{ menu: 'view/item/context', when: 'viewItem == batchOutput', group: 'inline@1' }],
  run: async (session, target) => {
    const node = target as OperationsNode;
    if (node.kind !== 'output') return undefined;
    session.panels.openBatch(requireProject(session), node.output.manifest, node.output.input);
    return node.output.manifest;
  },
};

async function scoreBatch(session: EditorSession, request: BatchRequest): Promise<BatchResult> {
  const project = requireProject(session);
  const { engine, follower } = session;
  const result = await withCancellableProgress(engine, 'Scoring a batch', (id) =>
    engine.api.batch(project, request, id),
  ).finally(() => follower.refresh());
  void tell(session, project, result);
  return result;
}

/** What came of it, with the way to look at it. */
async function tell(session: EditorSession, project: ProjectRef, result: BatchResult): Promise<void> {
  const { dialogs, documents, panels } = session;
  if (result.status === 'nothing-to-do') return void dialogs.say('There is nothing to score in the input folder.');
  const outputs = result.files.flatMap(({ output }) => (output === null ? [] : [output]));
  const actions = [...(outputs.length === 1 ? [PREVIEW] : []), SHOW_REPORT, SHOW_LOG];
  const isGood = result.status === 'done';
  const answer = await (isGood ? dialogs.say : dialogs.warn)(batchText(result), ...actions);
  if (answer === PREVIEW) {
    const [output] = outputs as [string];
    panels.openBatch(project, output.replace(/\.csv$/, '.manifest.json'), path.basename(output));
  }
  if (answer === SHOW_REPORT) await documents.showMarkdown('Batch', batchReport(result));
  if (answer === SHOW_LOG) await showLogOf(session, project, result.run_id ?? 'batch');
}

function batchText({ files }: BatchResult): string {
  const done = files.filter(({ status }) => status === 'done' || status === 'recovered');
  const failed = files.filter(({ status }) => status === 'failed');
  const growing = files.filter(({ status }) => status === 'growing');
  const sum = (part: 'rows' | 'refused') => done.reduce((total, file) => total + file[part], 0);
  const parts = [
    `Scored ${counted(done.length, 'file')}, ${counted(sum('rows') - sum('refused'), 'row')}.`,
    ...(sum('refused') > 0 ? [`${counted(sum('refused'), 'row')} refused.`] : []),
    ...(growing.length > 0 ? [`${counted(growing.length, 'file')} still growing.`] : []),
    ...failed.map(({ input, error }) => `${path.basename(input)} failed: ${error}`),
  ];
  return parts.join(' ');
}

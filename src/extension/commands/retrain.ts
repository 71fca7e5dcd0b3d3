import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { RetrainResult } from '../../protocol/unattended-api.ts';
import { retrainDetail, retrainReport, retrainTitle } from '../documents/retrain-report.ts';
import { withCancellableProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { CommandDefinition } from './command.ts';

const RETRAIN = 'Retrain';
const ANYWAY = 'Retrain Anyway';
const SHOW_REPORT = 'Show Report';
const ROWS = 'viewItem == group.retraining || viewItem =~ /^retraining\\./';

/** Shows what would happen and why, and does it; when nothing is due, only by force. */
export const retrain: CommandDefinition = {
  id: 'gnuMlops.retrain',
  title: 'Retrain...',
  icon: '$(sync)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: ROWS, group: 'inline@1' }],
  run: async (session) => {
    const project = requireProject(session);
    const plan = await planOf(session, project);
    const isDue = plan.status !== 'nothing-to-do';
    const action = isDue ? RETRAIN : ANYWAY;
    const question = isDue ? 'Retrain now?' : 'No retraining is due. Retrain anyway?';
    if ((await session.dialogs.confirm(question, retrainDetail(plan), [action])) !== action) return undefined;
    return retrainNow(session, project, !isDue);
  },
};

/** What a retraining would do now: the command line's `retrain --dry-run`. */
export const retrainPlan: CommandDefinition = {
  id: 'gnuMlops.retrainPlan',
  title: 'Show What a Retraining Would Do (Dry Run)',
  icon: '$(checklist)',
  menus: [{ menu: 'view/item/context', when: ROWS, group: '1_retrain@1' }],
  run: async (session) => {
    const plan = await planOf(session, requireProject(session));
    await session.documents.showMarkdown('Retraining plan', retrainReport(plan));
    return plan;
  },
};

function planOf({ engine }: EditorSession, project: ProjectRef): Promise<RetrainResult> {
  return withCancellableProgress(engine, 'Looking whether a retraining is due', (id) =>
    engine.api.retrain(project, { dryRun: true }, id),
  );
}

async function retrainNow(session: EditorSession, project: ProjectRef, force: boolean): Promise<RetrainResult> {
  const { engine, follower, dialogs, documents } = session;
  const result = await withCancellableProgress(engine, 'Retraining', (id) =>
    engine.api.retrain(project, { force }, id),
  ).finally(() => follower.refresh());
  const isBad = result.status === 'refused' || result.status === 'rolled-back';
  const message = `${retrainTitle(result)} ${result.decision}`;
  void (isBad ? dialogs.warn : dialogs.say)(message, SHOW_REPORT).then(async (answer) => {
    if (answer === SHOW_REPORT) await documents.showMarkdown('Retraining', retrainReport(result));
  });
  return result;
}

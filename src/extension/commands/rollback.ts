import { refusalText } from '../documents/plan-report.ts';
import { withProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { RegistryNode } from '../views/registry-node.ts';
import type { CommandDefinition } from './command.ts';
import { askNotes } from './deploy.ts';
import { askAboutPlan, SHOW_PLAN } from './plan-question.ts';

const ROLL_BACK = 'Roll Back';

/** Puts the previous good version back into production. */
export const rollback: CommandDefinition = {
  id: 'gnuMlops.rollback',
  title: 'Roll Back Production...',
  icon: '$(discard)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: 'viewItem == stage.GNU_Production.held', group: 'inline@1' }],
  run: (session) => rollBackTo(session, undefined),
};

/** Puts one chosen version back. */
export const rollbackToVersion: CommandDefinition = {
  id: 'gnuMlops.rollbackToVersion',
  title: 'Roll Back to This Version...',
  icon: '$(discard)',
  writes: true,
  palette: 'never',
  menus: [{ menu: 'view/item/context', when: 'viewItem == version.Archived', group: '1_deploy@4' }],
  run: (session, target) => {
    const node = target as RegistryNode | undefined;
    return rollBackTo(session, node?.kind === 'version' ? node.version.version : undefined);
  },
};

async function rollBackTo(session: EditorSession, toVersion: string | undefined) {
  const project = requireProject(session);
  const { engine, dialogs, follower } = session;
  const plan = await engine.api.planRollback(project, { toVersion });
  if (plan.status === 'refused') {
    await askAboutPlan(session, refusalText(plan), plan, [SHOW_PLAN]);
    return plan;
  }
  const question = `Roll ${plan.model_name} back to version ${plan.version}?`;
  if ((await askAboutPlan(session, question, plan, [ROLL_BACK, SHOW_PLAN])) !== ROLL_BACK) return undefined;
  const notes = await askNotes(session, question);
  if (notes === undefined) return undefined;
  const expected = { version: plan.version, holders: plan.holders };
  const request = { toVersion: plan.version, notes, expected };
  const result = await withProgress(`Rolling back to version ${plan.version}`, () =>
    engine.api.rollback(project, request),
  ).finally(() => follower.refresh());
  void dialogs.say(`Version ${result.version} of ${result.model_name} is back in production.`);
  return result;
}

import type { DeployResult } from '../../protocol/engine-api.ts';
import { planDetail, planReport } from '../documents/plan-report.ts';
import type { EditorSession } from '../editor-session.ts';

export const SHOW_PLAN = 'Show Plan';

/** The plan's document in the editor. */
export function planName({ to_stage }: DeployResult): string {
  return `Plan for ${to_stage}`;
}

/**
 * Stops everything with a question about a plan. Who wants to see the whole plan gets it, and the question again beside it, as a message
 * that leaves the page free to be read.
 * @param actions one of them is SHOW_PLAN; the first is the default
 * @returns the action that was chosen, never SHOW_PLAN; undefined when the question was dismissed
 */
export async function askAboutPlan(
  { dialogs, documents }: EditorSession,
  question: string,
  plan: DeployResult,
  actions: string[],
): Promise<string | undefined> {
  const answer = await dialogs.confirm(question, planDetail(plan), actions);
  if (answer !== SHOW_PLAN) return answer;
  await documents.showMarkdown(planName(plan), planReport(plan));
  const others = actions.filter((action) => action !== SHOW_PLAN);
  return others.length === 0 ? undefined : dialogs.warn(question, ...others);
}

import type { DeployRequest, DeployResult, ProjectRef, Stage } from '../../protocol/engine-api.ts';

import { closedGates, planReport, refusalText, unchangedText } from '../documents/plan-report.ts';
import { withProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { RegistryNode } from '../views/registry-node.ts';
import type { CommandDefinition } from './command.ts';
import { askAboutPlan, planName, SHOW_PLAN } from './plan-question.ts';

const OVERRIDE = 'Override Gates...';
const DEPLOY = 'Deploy';
/** The only gate that nobody overrides: production never sees a model that never saw real data. */
const NEVER_OVERRIDDEN = 'fallback-data';

/** Moves a version into Staging. */
export const deployStaging: CommandDefinition = {
  id: 'gnuMlops.deployStaging',
  title: 'Deploy to Staging...',
  icon: '$(arrow-up)',
  writes: true,
  menus: [
    { menu: 'view/item/context', when: 'viewItem =~ /^version\\.(None|Archived)$/', group: '1_deploy@1' },
    { menu: 'view/item/context', when: 'viewItem == stage.Staging.empty', group: 'inline@1' },
  ],
  run: (session, target) => promote(session, { stage: 'Staging', version: versionOf(target) }),
};

/** Moves the version in Staging into production. */
export const deployProduction: CommandDefinition = {
  id: 'gnuMlops.deployProduction',
  title: 'Deploy to GNU_Production...',
  icon: '$(rocket)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: 'viewItem == version.Staging', group: '1_deploy@2' }],
  run: (session, target) => promote(session, { stage: 'GNU_Production', version: versionOf(target) }),
};

/** The arrow of a row: one stage up. */
export const promoteVersion: CommandDefinition = {
  id: 'gnuMlops.promote',
  title: 'Promote...',
  icon: '$(arrow-up)',
  writes: true,
  palette: 'never',
  menus: [
    {
      menu: 'view/item/context',
      when: 'viewItem =~ /^version\\.(None|Archived|Staging)$/ || viewItem == stage.Staging.held',
      group: 'inline@1',
    },
  ],
  run: (session, target) => promote(session, { stage: nextStage(target), version: versionOf(target) }),
};

/** What a deployment would do: the command line's `deploy --dry-run`. */
export const showPlan: CommandDefinition = {
  id: 'gnuMlops.showPlan',
  title: 'Show Deployment Plan (Dry Run)...',
  icon: '$(checklist)',
  menus: [
    {
      menu: 'view/item/context',
      when: 'viewItem =~ /^version\\.(None|Archived|Staging)$/ || viewItem == stage.Staging.held',
      group: '1_deploy@3',
    },
  ],
  run: async (session, target) => {
    const project = requireProject(session);
    const stage = target === undefined ? await askStage(session) : nextStage(target);
    if (stage === undefined) return undefined;
    const plan = await session.engine.api.planDeploy(project, { stage, version: versionOf(target) });
    await session.documents.showMarkdown(planName(plan), planReport(plan));
    return plan;
  },
};

/**
 * Shows the plan, asks, and carries it out. A refusal shows every gate's value; the only way on is to name the gates to
 * override and to say why.
 */
async function promote(session: EditorSession, request: DeployRequest): Promise<DeployResult | undefined> {
  const project = requireProject(session);
  const plan = await session.engine.api.planDeploy(project, request);
  if (plan.status === 'unchanged') {
    void session.dialogs.say(unchangedText(plan, request.stage));
    return plan;
  }
  // From here on the version that was shown, whatever is registered meanwhile.
  const fixed = { ...request, version: plan.version };
  if (plan.status === 'refused') return refuse(session, project, fixed, plan);
  return confirmAndDeploy(session, project, fixed, plan);
}

async function confirmAndDeploy(
  session: EditorSession,
  project: ProjectRef,
  request: DeployRequest,
  plan: DeployResult,
): Promise<DeployResult | undefined> {
  const question = `Deploy version ${plan.version} of ${plan.model_name} to ${plan.to_stage}?`;
  const answer = await askAboutPlan(session, question, plan, [DEPLOY, SHOW_PLAN]);
  if (answer !== DEPLOY) return undefined;
  const notes = request.notes ?? (await askNotes(session, question));
  if (notes === undefined) return undefined;
  return carryOut(session, project, { ...request, notes, expected: { version: plan.version, holders: plan.holders } });
}

async function refuse(
  session: EditorSession,
  project: ProjectRef,
  request: DeployRequest,
  plan: DeployResult,
): Promise<DeployResult | undefined> {
  const mayOverride = closedGates(plan).every(({ name }) => name !== NEVER_OVERRIDDEN);
  const actions = mayOverride ? [SHOW_PLAN, OVERRIDE] : [SHOW_PLAN];
  const answer = await askAboutPlan(session, refusalText(plan), plan, actions);
  if (answer !== OVERRIDE) return plan;
  const gates = await chooseGates(session, plan);
  if (gates === undefined || gates.length === 0) return plan;
  const notes = await session.dialogs.ask({
    title: `Override ${gates.join(', ')}`,
    prompt: 'Why is this right? It is written into history.',
    check: (text) => (text.trim() === '' ? 'An override needs notes that say why.' : null),
  });
  if (notes === undefined || notes.trim() === '') return plan;
  const overridden = { ...request, override: gates, notes };
  const second = await session.engine.api.planDeploy(project, overridden);
  if (second.status === 'refused') return refuse(session, project, request, second);
  return confirmAndDeploy(session, project, overridden, second);
}

function chooseGates({ dialogs }: EditorSession, plan: DeployResult): Promise<string[] | undefined> {
  const choices = closedGates(plan).map(({ name, actual, required }) => ({
    label: name,
    description: `${actual}, required ${required}`,
    value: name,
  }));
  return dialogs.pickMany('Gates to override', choices);
}

async function carryOut(session: EditorSession, project: ProjectRef, request: DeployRequest): Promise<DeployResult> {
  const { engine, dialogs, follower } = session;
  const title = `Deploying version ${request.version} to ${request.stage}`;
  const result = await withProgress(title, () => engine.api.deploy(project, request)).finally(() => follower.refresh());
  void dialogs.say(`Version ${result.version} of ${result.model_name} is in ${result.to_stage}.`);
  return result;
}

/** Notes for history; an empty answer is one, Escape is not. */
export function askNotes({ dialogs }: EditorSession, title: string): Promise<string | undefined> {
  return dialogs.ask({ title, prompt: 'Notes for history: why? (Enter leaves them out.)' });
}

function askStage({ dialogs }: EditorSession): Promise<Stage | undefined> {
  return dialogs.pick<Stage>('Plan for which stage?', [
    { label: 'Staging', description: 'the newest version', value: 'Staging' },
    { label: 'GNU_Production', description: 'the version in Staging', value: 'GNU_Production' },
  ]);
}

/** The version of a row, or of what a caller gave. */
function versionOf(target: unknown): string | undefined {
  const { kind, version } = (target ?? {}) as { kind?: RegistryNode['kind']; version?: unknown };
  if (kind === 'version') return (version as { version: string }).version;
  return typeof version === 'string' ? version : undefined;
}

function nextStage(target: unknown): Stage {
  const node = target as RegistryNode | undefined;
  if (node?.kind === 'stage') return node.model.stages[node.stage] === null ? 'Staging' : 'GNU_Production';
  return node?.kind === 'version' && node.version.stage === 'Staging' ? 'GNU_Production' : 'Staging';
}

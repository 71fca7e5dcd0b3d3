import type { DatabricksDeployResult, DatabricksSetupResult } from '../../protocol/databricks-api.ts';
import { databricksDetail, databricksReport } from '../documents/databricks-report.ts';
import { withCancellableProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { CommandDefinition } from './command.ts';

type Plan = DatabricksSetupResult | DatabricksDeployResult;

/** Prepares the workspace, after showing what would be made there. */
export const databricksSetup: CommandDefinition = {
  id: 'gnuMlops.databricksSetup',
  title: 'Set Up on Databricks...',
  icon: '$(cloud-upload)',
  writes: true,
  run: async (session) => {
    const project = requireProject(session);
    const { engine } = session;
    const ask = (title: string, dryRun: boolean) =>
      withCancellableProgress(engine, title, (id) => engine.api.databricksSetup(project, { dryRun }, id));
    const plan = await ask('Looking at the workspace', true);
    if (!(await isWanted(session, plan, { question: `Set up the project on ${plan.host}?`, action: 'Set Up' })))
      return plan;
    return told(session, await ask('Setting up on Databricks', false));
  },
};

/** Brings the version in production there, with jobs and an endpoint, after showing what that means. */
export const databricksDeploy: CommandDefinition = {
  id: 'gnuMlops.databricksDeploy',
  title: 'Deploy to Databricks...',
  icon: '$(cloud-upload)',
  writes: true,
  run: async (session) => {
    const project = requireProject(session);
    const { engine } = session;
    const ask = (title: string, request: { version?: string; dryRun: boolean }) =>
      withCancellableProgress(engine, title, (id) => engine.api.databricksDeploy(project, request, id));
    const plan = await ask('Looking at the workspace', { dryRun: true });
    const { version, model_name: model } = plan;
    const question = `Deploy version ${version} of ${model} on ${plan.host}?`;
    if (!(await isWanted(session, plan, { question, action: 'Deploy' }))) return plan;
    // That version, even when another one gets into production in the meantime.
    return told(session, await ask('Deploying to Databricks', { version, dryRun: false }));
  },
};

export const databricksStatus: CommandDefinition = {
  id: 'gnuMlops.databricksStatus',
  title: 'Show What Is on Databricks',
  icon: '$(cloud)',
  run: async (session) => {
    const project = requireProject(session);
    const { engine, documents } = session;
    const status = await withCancellableProgress(engine, 'Looking at the workspace', (id) =>
      engine.api.databricksStatus(project, id),
    );
    await documents.showMarkdown('Databricks', databricksReport(status));
    return status;
  },
};

/** Whether a person wants what the plan says; nothing is asked where nothing would change. */
async function isWanted(
  { dialogs }: EditorSession,
  plan: Plan,
  { question, action }: { question: string; action: string },
): Promise<boolean> {
  if (plan.status === 'unchanged') {
    void dialogs.say(`Everything is on ${plan.host} already.`);
    return false;
  }
  return (await dialogs.confirm(question, databricksDetail(plan), [action])) === action;
}

function told({ dialogs }: EditorSession, result: Plan): Plan {
  const changed = result.steps.filter(({ action }) => action !== 'unchanged').length;
  void dialogs.say(`${changed} of ${result.steps.length} things were made, updated or removed on ${result.host}.`);
  return result;
}

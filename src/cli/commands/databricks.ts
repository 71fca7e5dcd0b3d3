import { type Command, InvalidArgumentError } from 'commander';
import { type DatabricksDeployResult, deployToDatabricks } from '../../engine/databricks-operations/deploy.ts';
import { type SelfTestResult, testWorkspace } from '../../engine/databricks-operations/self-test.ts';
import { type DatabricksSetupResult, setUpDatabricks } from '../../engine/databricks-operations/setup.ts';
import { databricksStatus } from '../../engine/databricks-operations/status.ts';
import { parseStage } from '../../engine/registry/stages.ts';
import type { CommandContext } from '../context.ts';
import { planLines, selfTestText, setupText, statusText } from '../output/databricks-text.ts';
import type { Dispatch, Outcome } from '../program.ts';

/** `gnu-mlops databricks setup|deploy|status` */
export function addDatabricks(program: Command, dispatch: Dispatch): Command {
  const databricks = program
    .command('databricks')
    .description(
      'prepare a Databricks workspace, deploy a model there, see how it is (verified against an emulator only)',
    );
  addSetup(databricks, dispatch);
  addDeployment(databricks, dispatch);
  addStatus(databricks, dispatch);
  return databricks;
}

function addSetup(databricks: Command, dispatch: Dispatch): void {
  databricks
    .command('setup')
    .description('make folders and a Volume, upload config.yaml, the program of jobs, and local training data')
    .option('--take-over', "folder and Volume become this project's, although another one uses them")
    .option('--dry-run', 'show the plan, change nothing')
    .action((flags: { dryRun?: boolean; takeOver?: boolean }) =>
      dispatch(flags, async (context) => {
        const onPlan = (plan: DatabricksSetupResult) => announce(context, plan);
        const result = await setUpDatabricks(context.config(), { ...flags, onPlan }, context.control);
        return { document: result, text: setupText(result) };
      }),
    );
}

interface DeployFlags {
  stage?: string;
  version?: string;
  traffic?: number;
  run?: boolean;
  dryRun?: boolean;
}

function addDeployment(databricks: Command, dispatch: Dispatch): void {
  databricks
    .command('deploy')
    .description('put a model version into the Volume, make a job for each schedule, and serve it by an endpoint')
    .option('--stage <stage>', 'the version in staging or production; production unless given')
    .option('--version <n>', 'this version')
    .option('--traffic <percent>', 'share of the requests for this version; the rest goes where it went', percent)
    .option('--run', 'run each job once now, and wait for its end')
    .option('--dry-run', 'show the plan, change nothing')
    .action(({ stage, ...flags }: DeployFlags) =>
      dispatch(flags, async (context) => {
        const options = { ...flags, ...(stage === undefined ? {} : { stage: parseStage(stage) }) };
        const onPlan = (plan: DatabricksDeployResult) => announce(context, plan);
        const project = await context.storedProject();
        const result = await deployToDatabricks(project, { ...options, onPlan }, context.control);
        return { document: result, text: setupText(result) };
      }),
    );
}

function addStatus(databricks: Command, dispatch: Dispatch): void {
  databricks
    .command('status')
    .description('show what of the project is in the workspace: folders, jobs and their last runs, the endpoint')
    .option('--self-test', 'try what costs little with things of its own, and remove them again')
    .action((flags: { selfTest?: boolean }) =>
      dispatch(flags, async (context) => {
        if (flags.selfTest) return selfTestOutcome(await testWorkspace(context.config(), context.control));
        const status = await databricksStatus(context.config(), context.control);
        return { document: status, text: statusText(status) };
      }),
    );
}

function selfTestOutcome(result: SelfTestResult): Outcome {
  const isBad = result.checks.some(({ status }) => status === 'failed');
  return { document: result, text: selfTestText(result), exitCode: isBad ? 1 : 0 };
}

/** A plan is shown before it is carried out. */
function announce(context: CommandContext, plan: DatabricksSetupResult | DatabricksDeployResult): void {
  if (!context.options.json) context.note(`${planLines(plan)}\n`);
}

function percent(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 100) return number;
  throw new InvalidArgumentError('expected a whole number of per cent, 1 to 100');
}

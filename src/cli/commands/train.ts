import type { Command } from 'commander';
import { METRIC_NAMES } from '../../engine/evaluation/metrics.ts';
import { notified } from '../../engine/notification/after-operation.ts';
import { finiteOrNull } from '../../engine/support/json.ts';
import { type TrainResult, train } from '../../engine/training/train.ts';
import { decimal, table } from '../output/table.ts';
import type { Dispatch } from '../program.ts';

/** `gnu-mlops train` */
export function addTrain(program: Command, dispatch: Dispatch): Command {
  return program
    .command('train')
    .description('train a model, measure it, log a run and register a new version')
    .option('--run-name <name>', 'name of the run')
    .action((options: { runName?: string }) =>
      dispatch(options, async (context) => {
        const project = await context.projectFor('train');
        const operation = { project, operation: 'train', isAttended: context.isAttended };
        const work = () => train(project, { ...context.control, runName: options.runName });
        const result = await notified(operation, work, async () => undefined);
        return { document: trainDocument(result), text: trainText(result) };
      }),
    );
}

/** JSON has no NaN: a metric that has no value is null. */
function trainDocument(result: TrainResult): object {
  return JSON.parse(JSON.stringify(result, (_key, value) => (typeof value === 'number' ? finiteOrNull(value) : value)));
}

function trainText({ run_id, model_name, version, metrics, cv, warnings, duration_ms }: TrainResult): string {
  const rows = METRIC_NAMES.map((name) => {
    const folds = cv[name];
    const spread = folds ? `${decimal(folds.mean)} ± ${decimal(folds.std)}` : '-';
    return [name, decimal(metrics[name]), spread];
  });
  return [
    `Registered ${model_name} version ${version} from run ${run_id} in ${(duration_ms / 1000).toFixed(2)} s.`,
    '',
    table(['metric', 'holdout', 'cross-validation'], rows),
    ...(warnings.length > 0 ? ['', ...warnings.map(({ message }) => `warning: ${message}`)] : []),
    '',
    `Next: gnu-mlops deploy --stage staging --version ${version}`,
  ].join('\n');
}

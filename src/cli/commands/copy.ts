import type { Command } from 'commander';
import { type CopyOptions, copy } from '../../engine/copying/copy.ts';
import type {
  CopiedAlias,
  CopiedExperiment,
  CopiedModel,
  CopiedTags,
  CopiedVersion,
  CopyResult,
} from '../../engine/copying/results.ts';
import { exitCodeOfReason } from '../../engine/support/errors.ts';
import type { Dispatch } from '../program.ts';

interface Flags extends Pick<CopyOptions, 'from' | 'to' | 'experiment' | 'model' | 'version' | 'modelName' | 'dryRun'> {
  run?: string;
}

/** `gnu-mlops copy` */
export function addCopy(program: Command, dispatch: Dispatch): Command {
  return program
    .command('copy')
    .description('copy runs and models with their artifacts, aliases and history from one store to another')
    .option('--from <uri>', 'the store to copy from, as mlflow.tracking_uri; the configured one unless given')
    .option('--to <uri>', 'the store to copy to; the configured one unless given')
    .option('--experiment <name>', 'only the runs of this experiment')
    .option('--run <id>', 'only this run')
    .option('--model <name>', 'only this registered model, with its runs, aliases and history')
    .option('--version <n>', 'with --model: only this version, with its run')
    .option('--model-name <name>', 'name of the model in the target, when one model is copied')
    .option('--dry-run', 'show what would be copied, change nothing')
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        const { run: runId, ...rest } = flags;
        const result = await copy(context.projectOptions, { ...rest, runId, ...context.control });
        for (const warning of result.warnings) context.warn(warning);
        const hasFailed = result.models.some(({ versions }) => versions.some(({ status }) => status === 'failed'));
        return {
          document: result,
          text: copyText(result),
          exitCode: hasFailed ? exitCodeOfReason('invalid-model') : 0,
        };
      }),
    );
}

function copyText(result: CopyResult): string {
  const { status, from, to, experiments, models } = result;
  if (status === 'nothing-to-do') return `Everything of ${from} that was asked for is in ${to} already.`;
  const did = { 'dry-run': 'Would copy', copied: 'Copied', incomplete: 'Copied all but what failed' }[status];
  const lines = [...experiments.flatMap(experimentLines), ...models.flatMap(modelLines)];
  return [`${did} from ${from} to ${to}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function experimentLines({ name, copied, present, tags }: CopiedExperiment): string[] {
  const there = present > 0 ? `, ${present} there already` : '';
  return [
    ...(copied > 0 ? [`experiment ${name}: ${count(copied, 'run')}${there}`] : []),
    ...tagLines(`experiment ${name}`, tags),
  ];
}

function tagLines(whose: string, { set }: CopiedTags): string[] {
  return set.length > 0 ? [`${whose}: ${count(set.length, 'tag')} (${set.join(', ')})`] : [];
}

function modelLines({ name, target_name, versions, aliases, events, tags }: CopiedModel): string[] {
  const numbered = (wanted: CopiedVersion['status']) =>
    versions
      .filter(({ status }) => status === wanted)
      .map(({ from, to }) => (to === null || to === from ? from : `${from} as ${to}`));
  const named = (wanted: CopiedAlias['status']) =>
    aliases.filter(({ status }) => status === wanted).map(({ alias }) => alias);
  const model = `model ${name}${target_name === name ? '' : ` as ${target_name}`}:`;
  const [copied, updated, set, removed] = [numbered('copied'), numbered('updated'), named('set'), named('removed')];
  return [
    ...(copied.length > 0 ? [`${model} version${copied.length > 1 ? 's' : ''} ${copied.join(', ')}`] : []),
    ...(updated.length > 0 ? [`${model} stage and tags of ${updated.join(', ')}`] : []),
    ...(set.length > 0 ? [`${model} alias${set.length > 1 ? 'es' : ''} ${set.join(', ')}`] : []),
    ...(removed.length > 0 ? [`${model} without ${removed.join(', ')}`] : []),
    ...(events > 0 ? [`${model} ${count(events, 'event')} of its history`] : []),
    ...tagLines(`model ${name}`, tags),
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

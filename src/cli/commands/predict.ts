import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { PredictInput, RowFormat } from '../../engine/prediction/input.ts';
import { requireHarmlessOutput } from '../../engine/prediction/output-file.ts';
import { type PredictOptions, type PredictResult, predict } from '../../engine/prediction/predict.ts';
import { parseStage } from '../../engine/registry/stages.ts';
import { EngineError } from '../../engine/support/errors.ts';
import type { CommandContext } from '../context.ts';
import { decimal, table } from '../output/table.ts';
import type { Dispatch, Outcome } from '../program.ts';
import { collect } from './option-values.ts';

interface Flags {
  stage?: string;
  alias?: string;
  version?: string;
  setFeature: string[];
  output?: string;
  force?: boolean;
  format?: RowFormat;
  strict?: boolean;
}

/** `gnu-mlops predict` */
export function addPredict(program: Command, dispatch: Dispatch): Command {
  return program
    .command('predict')
    .description('score rows with a registered version')
    .argument('[file]', 'CSV, JSON or JSON lines; - for standard input')
    .addOption(new Option('--stage <stage>', 'staging or production (default)').conflicts(['alias', 'version']))
    .addOption(new Option('--alias <alias>', 'any alias of the model').conflicts(['stage', 'version']))
    .addOption(new Option('--version <n>', 'a version').conflicts(['stage', 'alias']))
    .option('--set-feature <name=value>', 'one feature of a single row; repeat for each', collect, [])
    .option('--output <file>', 'where to write the rows with their predictions; - for standard output')
    .option('--force', 'replace an output file that exists without asking')
    .addOption(new Option('--format <format>', 'of what is written').choices(['csv', 'json', 'jsonl', 'parquet']))
    .option('--strict', 'refuse categories that the model was not trained on')
    .action((file: string | undefined, flags: Flags) =>
      dispatch(flags, async (context) => predictRows(context, file, flags)),
    );
}

async function predictRows(context: CommandContext, file: string | undefined, flags: Flags): Promise<Outcome> {
  const input = await readInput(context, file, flags);
  const project = await context.projectToRead();
  let printed = '';
  const print = (text: string) => {
    printed = text;
  };
  const output = chooseOutput({ context, file, flags, baseDir: project.baseDir, now: project.clock(), print });
  // Whoever named the input or the configuration is not told to use --force.
  if (output.output && 'file' in output.output) await requireHarmlessOutput(project, input, output.output.file);
  await requireFree(context, flags);
  const { stage, alias, version, strict = false } = flags;
  const select = { stage: stage === undefined ? undefined : parseStage(stage), alias, version };
  const result = await predict(project, { ...context.control, input, select, strict, ...output });
  for (const warning of result.warnings) context.warn(warning);
  return printed ? { document: result, text: printed, isData: true } : { document: result, text: predictText(result) };
}

async function readInput(context: CommandContext, file: string | undefined, flags: Flags): Promise<PredictInput> {
  const { setFeature } = flags;
  if (setFeature.length > 0 && file === undefined) return { rows: [Object.fromEntries(setFeature.map(parseFeature))] };
  if (setFeature.length > 0 || file === undefined) {
    throw new EngineError('usage', 'Give predict a file, - for standard input, or --set-feature for a single row.');
  }
  return file === STANDARD_STREAM ? { text: await context.terminal.readInput() } : { file };
}

function parseFeature(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new EngineError('usage', `--set-feature ${text}: expected name=value.`);
}

/** A file that somebody named and that exists is replaced only when they say so. */
async function requireFree({ terminal, options }: CommandContext, { output, force }: Flags): Promise<void> {
  if (output === undefined || output === STANDARD_STREAM || force || !existsSync(output)) return;
  if (!options.json && (await terminal.confirm(`${output} exists. Replace it?`))) return;
  throw new EngineError('usage', `${output} exists already.`, {
    fix: 'Name another file, or replace it with --force.',
  });
}

/** As a file's name: standard input or output. */
const STANDARD_STREAM = '-';

interface OutputChoice {
  context: CommandContext;
  file: string | undefined;
  flags: Flags;
  baseDir: string;
  now: Date;
  print: (text: string) => void;
}

/**
 * A file answers with a file, `predictions/<name>-<UTC>.<format>` unless --output names another; standard input answers on
 * standard output; a single row is shown. With --json only --output FILE writes one.
 */
function chooseOutput({ context, file, flags, baseDir, now, print }: OutputChoice): Pick<PredictOptions, 'output'> {
  const { output, format } = flags;
  if (output === STANDARD_STREAM) return context.options.json ? {} : { output: { write: print, format } };
  if (output !== undefined) return { output: { file: output, format } };
  if (context.options.json || file === undefined) return {};
  if (file === STANDARD_STREAM) return { output: { write: print, format: format ?? 'csv' } };
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const extension = format ?? path.extname(file).slice(1).toLowerCase();
  const known = ['json', 'jsonl', 'parquet'].includes(extension) ? extension : 'csv';
  const name = `${path.parse(file).name}-${stamp}.${known}`;
  return { output: { file: path.join(baseDir, 'predictions', name), format } };
}

const MOST_SHOWN = 10;

function predictText({ model_name, version, predictions, output }: PredictResult): string {
  const classes = Object.keys(predictions[0]?.probabilities ?? {});
  const shown = predictions.slice(0, MOST_SHOWN).map(({ prediction, probabilities }, row) => {
    return [row + 1, String(prediction), ...classes.map((label) => decimal(probabilities[label]))];
  });
  const rest = predictions.length - shown.length;
  return [
    `${predictions.length} rows scored by ${model_name} version ${version}.`,
    '',
    table(['row', 'prediction', ...classes.map((label) => `p(${label})`)], shown),
    ...(rest > 0 ? [`... and ${rest} more`] : []),
    ...(output === null ? [] : ['', `Written: ${path.relative('', output) || output}`]),
  ].join('\n');
}

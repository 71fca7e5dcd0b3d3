import type { Command } from 'commander';
import { info, infoWithoutStore } from '../../engine/deployment/info.ts';
import type { InfoResult, StageHolder } from '../../engine/deployment/results.ts';
import type { HistoryEntry } from '../../engine/registry/history.ts';
import type { CommandContext } from '../context.ts';
import { decimal, fields, table } from '../output/table.ts';
import type { Dispatch, Outcome } from '../program.ts';

interface Flags {
  history?: boolean;
  at?: string;
}

/** `gnu-mlops info` */
export function addInfo(program: Command, dispatch: Dispatch): Command {
  return program
    .command('info')
    .description('which version is in each stage, since when, by whom and why')
    .option('--history', 'all deployment events, newest first')
    .option('--at <date>', 'as it was at the end of a day (2026-11-25) or at an instant (2026-11-25T13:00:00Z)')
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        const project = await context.projectToReadIfStored();
        if (project === null) return nothingYet(context);
        const result = await info(project, flags);
        return { document: result, text: infoText(result, flags.history ?? false) };
      }),
    );
}

function nothingYet(context: CommandContext): Outcome {
  const { config } = context.config();
  const text = `There is no store at ${config.mlflow.tracking_uri} yet; the first training makes it: gnu-mlops train`;
  return { document: infoWithoutStore(config), text };
}

function infoText(result: InfoResult, withHistory: boolean): string {
  const stages = Object.entries(result.stages).map(([stage, holder]) => [stage, ...holderCells(holder)]);
  return [
    fields([['model', result.model_name], ...(result.at === null ? [] : [['at', result.at] as [string, string]])]),
    '',
    table(['stage', 'version', 'accuracy', 'since', 'by', 'notes'], stages),
    ...result.changed_outside.map((sentence) => `\n${sentence}\nSettle it: gnu-mlops repair --adopt, or --restore`),
    ...(withHistory ? ['', historyTable(result.history)] : []),
    ...(Object.values(result.stages).some((holder) => holder?.by && !holder.by_verified)
      ? ['', '"by" is what the client said of itself; this store does not verify it.']
      : []),
  ].join('\n');
}

function holderCells(holder: StageHolder | null): (string | null)[] {
  if (holder === null) return ['none', null, null, null, null];
  const { version, metrics, since, by, notes } = holder;
  return [version, decimal(metrics.accuracy), since ?? 'unknown', by, notes || null];
}

function historyTable(history: HistoryEntry[]): string {
  if (history.length === 0) return 'No deployment yet.';
  return table(
    ['at', 'event', 'version', 'from', 'to', 'replaced', 'by', 'status', 'notes'],
    history.map((entry) => [
      entry.at,
      entry.kind,
      entry.version,
      entry.from,
      entry.to,
      entry.previous,
      entry.by,
      entry.status,
      entry.notes || null,
    ]),
  );
}

import path from 'node:path';
import type { GateResult } from '../registry/gates.ts';
import { type Block, type Letter, oneLine, tableBlock } from './letter.ts';
import type { BatchOutcome, DeploymentOutcome, Digest, DriftAlarm, Failure, Notice, RetrainOutcome } from './notice.ts';

/** Where a message comes from. */
export interface Origin {
  host: string;
  configFile: string;
  modelName: string;
}

/** What a notice says to people. */
export function letterOf(notice: Notice, origin: Origin): Letter {
  const { subject, blocks } = draft(notice, origin);
  const from: Block = {
    kind: 'fields',
    rows: [
      ['host', origin.host],
      ['configuration', origin.configFile],
    ],
  };
  return { subject: `[gnu-mlops] ${oneLine(subject)}`, blocks: [...blocks, from] };
}

function draft(notice: Notice, origin: Origin): Letter {
  switch (notice.kind) {
    case 'batch':
      return batchLetter(notice.result);
    case 'retrain':
      return retrainLetter(notice.result, origin);
    case 'deployment':
      return deploymentLetter(notice.result, notice.by, notice.notes);
    case 'drift':
      return driftLetter(notice.alarm);
    case 'failure':
      return failureLetter(notice.operation, notice.failure, origin);
    case 'digest':
      return digestLetter(notice.digest, origin);
  }
}

function batchLetter({ status, files, model_name, version, run_id, duration_ms }: BatchOutcome): Letter {
  const failed = files.filter((file) => file.status === 'failed');
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const refused = files.reduce((sum, file) => sum + file.refused, 0);
  const counts = `${count(rows, 'row')} in ${count(files.length, 'file')}`;
  const subject =
    status === 'failed'
      ? `BATCH FAILED: ${failed.length} of ${count(files.length, 'file')} (${model_name})`
      : `Batch done: ${counts} (${model_name})`;
  const failures = failed.map((file) => `${path.basename(file.input)}: ${file.error ?? 'no reason given'}`);
  return {
    subject,
    blocks: [
      { kind: 'paragraph', text: `${counts}, ${refused} refused, ${failed.length} failed.` },
      ...(failures.length > 0
        ? [{ kind: 'lines' as const, title: 'What failed, and was left where it is', lines: failures }]
        : []),
      tableBlock(
        'Files',
        ['input', 'status', 'rows', 'refused', 'output'],
        files.map((file) => [
          path.basename(file.input),
          file.status,
          String(file.rows),
          String(file.refused),
          file.output === null ? '-' : path.basename(file.output),
        ]),
      ),
      {
        kind: 'fields',
        rows: [
          ['model', version === null ? model_name : `${model_name} version ${version}`],
          ['run', run_id ?? '-'],
          ['took', `${(duration_ms / 1000).toFixed(1)} s`],
        ],
      },
    ],
  };
}

const RETRAIN_TITLES: Record<string, string> = {
  'kept-production': 'production stays',
  waiting: 'a better model waits for a person to deploy it',
  staged: 'a better model is in Staging for its soak time',
  deployed: 'a better model is in production',
  refused: 'REFUSED by a gate',
  'rolled-back': 'PRODUCTION ROLLED BACK',
};

function retrainLetter({ status, due, champion, challenger, decision, gates }: RetrainOutcome, origin: Origin): Letter {
  const names = [...new Set([...Object.keys(champion?.metrics ?? {}), ...Object.keys(challenger?.metrics ?? {})])];
  const rows = names.map((name) => metricRow(name, champion?.metrics[name], challenger?.metrics[name]));
  const head = [
    'metric',
    contender('production', champion?.version),
    contender('new', challenger?.version),
    'difference',
  ];
  return {
    subject: `Retraining of ${origin.modelName}: ${RETRAIN_TITLES[status] ?? status}`,
    blocks: [
      { kind: 'paragraph', text: decision },
      ...(rows.length > 0 ? [tableBlock('Champion and challenger', head, rows)] : []),
      ...gateBlocks(gates),
      {
        kind: 'fields',
        rows: [
          ['due because of', due.reason ?? '-'],
          ['due since', due.since ?? '-'],
          ['run', challenger?.run_id ?? '-'],
        ],
      },
    ],
  };
}

function contender(title: string, version: string | undefined): string {
  return version === undefined ? title : `${title} (version ${version})`;
}

function metricRow(name: string, before: number | null | undefined, after: number | null | undefined): string[] {
  const isKnown = typeof before === 'number' && typeof after === 'number';
  const change = isKnown ? after - before : null;
  return [
    name,
    decimal(before),
    decimal(after),
    change === null ? '-' : `${change >= 0 ? '+' : ''}${change.toFixed(4)}`,
  ];
}

function deploymentLetter(result: DeploymentOutcome, by: string, notes: string): Letter {
  const { model_name, version, from_stage, to_stage, previous_version, gates, changes, event_id } = result;
  const past = gates.filter(({ overridden }) => overridden).map(({ name }) => name);
  const told = `version ${version} of ${model_name}`;
  const subject =
    result.status === 'rolled-back'
      ? `ROLLED BACK: ${told} is in ${to_stage} again`
      : past.length > 0
        ? `DEPLOYED PAST A GATE (${past.join(', ')}): ${told} is in ${to_stage}`
        : `Deployed: ${told} is in ${to_stage}`;
  return {
    subject,
    blocks: [
      { kind: 'paragraph', text: changes.join('\n') },
      {
        kind: 'fields',
        rows: [
          ['from', from_stage],
          ['to', to_stage],
          ['before it', previous_version === null ? 'nothing' : `version ${previous_version}`],
          ['by', by],
          ['notes', notes === '' ? '-' : notes],
          ['event', event_id ?? '-'],
        ],
      },
      ...gateBlocks(gates),
    ],
  };
}

function driftLetter({ model_name, version, batches, features }: DriftAlarm): Letter {
  const rows = features.map(({ feature, psi, ks }) => [feature, decimal(psi), ks?.p_value.toPrecision(3) ?? '-']);
  return {
    subject: `DRIFT: ${count(features.length, 'feature')} of ${model_name}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `The last ${count(batches, 'batch', 'batches')} had other values than version ${version} of ${model_name} was trained on. Nothing was changed: look at the data, then decide about retraining.`,
      },
      tableBlock('Features', ['feature', 'PSI', 'KS p-value'], rows),
    ],
  };
}

function failureLetter(
  operation: string,
  { reason, message, fix, exit_code, log, tail }: Failure,
  origin: Origin,
): Letter {
  return {
    subject: `FAILED: ${operation} of ${origin.modelName}: ${reason}`,
    blocks: [
      { kind: 'paragraph', text: message },
      ...(fix === null ? [] : [{ kind: 'paragraph' as const, text: `To do: ${fix}` }]),
      {
        kind: 'fields',
        rows: [
          ['reason', reason],
          ['exit code', String(exit_code)],
          ['log', log ?? 'none'],
        ],
      },
      ...(tail.length > 0 ? [{ kind: 'lines' as const, title: 'The end of its log', lines: tail }] : []),
    ],
  };
}

function digestLetter({ since, until, rows, events }: Digest, origin: Origin): Letter {
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  const nights = rows.map((row) => `${row.schedule ?? row.operation} ran in ${ofNights(row)}`).join(', ');
  const cells = rows.map((row) =>
    [
      row.operation,
      row.schedule ?? '-',
      row.nights_due ?? '-',
      row.nights_ran,
      row.done,
      row.nothing_to_do,
      row.failed,
    ].map(String),
  );
  return {
    subject: `Digest of ${origin.modelName}: ${nights === '' ? 'nothing ran' : nights}; ${count(failed, 'failure')}`,
    blocks: [
      { kind: 'paragraph', text: `From ${since} to ${until}.` },
      tableBlock(
        'Operations',
        ['operation', 'schedule', 'nights due', 'nights ran', 'done', 'nothing to do', 'failed'],
        cells,
      ),
      tableBlock(
        'Events',
        ['time', 'what'],
        events.map(({ at, text }) => [at, text]),
      ),
    ],
  };
}

function ofNights({ nights_due, nights_ran }: Digest['rows'][number]): string {
  return nights_due === null ? count(nights_ran, 'night') : `${nights_ran} of ${count(nights_due, 'night')}`;
}

function gateBlocks(gates: GateResult[]): Block[] {
  if (gates.length === 0) return [];
  const rows = gates.map((gate) => [gate.name, gate.required, found(gate.actual), verdict(gate)]);
  return [tableBlock('Gates', ['gate', 'required', 'found', ''], rows)];
}

function verdict({ passed, overridden }: GateResult): string {
  return passed ? 'passed' : overridden ? 'OVERRIDDEN' : 'FAILED';
}

function found(actual: number | string): string {
  return typeof actual === 'number' ? String(Number(actual.toFixed(6))) : actual;
}

function decimal(value: number | null | undefined): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(4) : '-';
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
}

import path from 'node:path';
import type { ConfigPath } from '../config/config.ts';
import { type Finding, formatFinding } from '../config/finding.ts';
import type { LoadedConfig } from '../config/load.ts';
import { EngineError } from '../support/errors.ts';
import { expressionProblem } from './expression.ts';
import type { Schedule } from './schedule.ts';
import { zoneProblem } from './time-zone.ts';

/** What the schema cannot see: expressions that mean nothing, zones that do not exist, and names that are taken. */
export function scheduleFindings({ config, place }: LoadedConfig): Finding[] {
  return config.schedules.flatMap((schedule, index) => findingsOf(schedule, index, config.schedules)).map(place);
}

/** @throws EngineError `invalid-config` with every mistake and its place */
export function requireValidSchedules(loaded: LoadedConfig): void {
  const findings = scheduleFindings(loaded);
  if (findings.length === 0) return;
  const name = path.basename(loaded.file);
  const first = findings.find(({ range }) => range)?.range;
  throw new EngineError('invalid-config', findings.map((finding) => formatFinding(name, finding)).join('\n'), {
    ...(first ? { position: { file: loaded.file, line: first.line, column: first.column } } : {}),
    findings,
    fix: 'Correct the lines above, then run: gnu-mlops schedule list',
  });
}

/** What is wrong with one schedule by itself, as sentences that name the key. */
export function timingProblems({
  cron,
  timezone,
}: Pick<Schedule, 'cron' | 'timezone'>): { key: 'cron' | 'timezone'; message: string; replacement?: string }[] {
  const expression = expressionProblem(cron);
  const zone = zoneProblem(timezone);
  return [
    ...(expression === null ? [] : [{ key: 'cron' as const, message: expression }]),
    ...(zone === null
      ? []
      : [
          {
            key: 'timezone' as const,
            message: zone.message,
            ...(zone.nearest === undefined ? {} : { replacement: zone.nearest }),
          },
        ]),
  ];
}

function findingsOf(schedule: Schedule, index: number, all: Schedule[]): Finding[] {
  const wrong = timingProblems(schedule).map(({ key, message, ...rest }) =>
    finding(['schedules', index, key], message, rest),
  );
  const isTaken = all.findIndex(({ id }) => id === schedule.id) < index;
  const taken = finding(
    ['schedules', index, 'id'],
    `"${schedule.id}" is the name of an earlier schedule; expected another`,
  );
  return isTaken ? [...wrong, taken] : wrong;
}

function finding(at: ConfigPath, message: string, rest: { replacement?: string } = {}): Finding {
  return { severity: 'error', path: at, message: `schedules[${at[1]}].${at[2]}: ${message}`, ...rest };
}

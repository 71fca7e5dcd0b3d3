import { EngineError } from '../../support/errors.ts';
import { minuteField } from '../check-minutes.ts';
import { quoted } from '../launcher-script.ts';
import type { Schedule } from '../schedule.ts';

/** Where a crontab line leads. */
export interface CrontabFacts {
  projectId: string;
  configFile: string;
  launcher: string;
}

/**
 * `<minutes> * * * * <launcher> schedule run <id> --config <file> # gnu-mlops:<project>:<id>`, with `%` escaped, which would end the
 * command otherwise: crontab(5).
 * @throws EngineError `unsupported` for paths that no crontab line can hold
 */
export function crontabLine({ id, cron }: Schedule, { projectId, configFile, launcher }: CrontabFacts): string {
  for (const file of [launcher, configFile]) requireSpeakable(file);
  const command = `${quoted(launcher)} schedule run ${id} --config ${quoted(configFile)}`;
  return `${minuteField(cron)} * * * * ${command.replaceAll('%', '\\%')}${marker(projectId, id)}`;
}

/** The lines of a project in a crontab, by schedule id. Where an id stands twice the last counts. */
export function linesOfProject(crontab: string, projectId: string): Map<string, string> {
  const ours = crontab.split('\n').flatMap((line) => {
    const id = idOf(line, projectId);
    return id === null ? [] : [[id, line] as const];
  });
  return new Map(ours);
}

/**
 * A crontab that holds exactly these lines of the project, each where it stood before, new ones at the end. All other lines stay
 * byte for byte.
 */
export function withLines(crontab: string, projectId: string, wanted: Map<string, string>): string {
  const left = new Map(wanted);
  const kept = crontab.split('\n').flatMap((line) => {
    const id = idOf(line, projectId);
    if (id === null) return [line];
    const replacement = left.get(id);
    left.delete(id);
    return replacement === undefined ? [] : [replacement];
  });
  if (left.size === 0) return kept.join('\n');
  // What stands behind the last line end is a line that nobody ended, or nothing.
  const before = kept.at(-1) === '' ? kept.slice(0, -1) : kept;
  return [...before, ...left.values(), ''].join('\n');
}

/** A comment to the shell that runs the command; its own to nobody else. */
function marker(projectId: string, id: string): string {
  return ` # gnu-mlops:${projectId}:${id}`;
}

function idOf(line: string, projectId: string): string | null {
  const match = / # gnu-mlops:([0-9a-f-]+):([A-Za-z0-9_-]+)$/.exec(line);
  return match && match[1] === projectId && !line.trimStart().startsWith('#') ? match[2]! : null;
}

function requireSpeakable(file: string): void {
  if (!/[\n\r\\]/.test(file)) return;
  throw new EngineError(
    'unsupported',
    `A crontab cannot hold the path ${JSON.stringify(file)}: it has a line end or a backslash.`,
    {
      fix: 'Move the project into a folder with a plainer name.',
    },
  );
}

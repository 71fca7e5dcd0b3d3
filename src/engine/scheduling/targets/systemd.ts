import path from 'node:path';
import { minuteField } from '../check-minutes.ts';
import { homeFolder } from '../launcher.ts';
import type { Schedule } from '../schedule.ts';
import { type EntryFiles, joinParts, readEntries, writeEntries } from './files.ts';
import type { ScheduleTarget, TargetContext } from './target.ts';

/** Timers of this user's systemd: systemd.timer(5). */
export function systemdTarget(context: TargetContext): ScheduleTarget {
  const files = entryFiles(context);
  return {
    name: 'systemd',
    usesLauncher: true,
    unavailable: () => (process.platform === 'linux' ? null : 'systemd runs on Linux only.'),
    entry: (schedule) => {
      const marker = `${files.marker}${schedule.id}`;
      return joinParts(files.namesOf(schedule.id), [service(schedule, marker, context), timer(schedule, marker)]);
    },
    installed: () => readEntries(files),
    write: (entries) => {
      const timersOf = (map: Map<string, string>) => [...map.keys()].map((id) => files.namesOf(id)[1]!);
      const gone = timersOf(readEntries(files)).filter((name) => !timersOf(entries).includes(name));
      const disabling = gone.length > 0 ? [['disable', '--now', ...gone]] : [];
      const remarks = systemctl(context, disabling);
      writeEntries(files, entries);
      const enabling =
        entries.size > 0
          ? [
              ['enable', ...timersOf(entries)],
              ['restart', ...timersOf(entries)],
            ]
          : [];
      return [...remarks, ...systemctl(context, [['daemon-reload'], ...enabling]), ...lingering(entries)];
    },
  };
}

function entryFiles({ projectId, env }: TargetContext): EntryFiles {
  const prefix = `gnu-mlops-${projectId.slice(0, 8)}-`;
  return {
    folder: path.join(homeFolder(env), '.config/systemd/user'),
    namesOf: (id) => [`${prefix}${id}.service`, `${prefix}${id}.timer`],
    idOf: (name) => (name.startsWith(prefix) && name.endsWith('.service') ? name.slice(prefix.length, -8) : null),
    marker: `# gnu-mlops:${projectId}:`,
  };
}

function service({ id, operation }: Schedule, marker: string, { launcher, configFile }: TargetContext): string {
  return `${marker}
[Unit]
Description=GNU MLOps: ${operation} (${id})

[Service]
Type=oneshot
ExecStart=${word(launcher)} schedule run ${id} --config ${word(configFile)}
`;
}

/** In UTC, because on a clock that is put back systemd leaves out the hour that it shows a second time. */
function timer({ id, cron, operation }: Schedule, marker: string): string {
  return `${marker}
[Unit]
Description=GNU MLOps: whether ${operation} (${id}) is due

[Timer]
OnCalendar=*-*-* *:${minuteField(cron)}:00 UTC
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
}

/** systemd replaces `%x` and `$NAME` even inside quotes: systemd.service(5), "Command lines". */
function word(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
}

/** Where no systemd of this user runs (a container, a session without one), the commands are left to the operator. */
function systemctl({ run }: TargetContext, commands: string[][]): string[] {
  return commands.flatMap((args) => {
    const { code, stderr } = run('systemctl', ['--user', ...args]);
    return code === 0
      ? []
      : [`Run yourself: systemctl --user ${args.join(' ')} (${stderr.split('\n')[0] || 'systemctl did not run'})`];
  });
}

function lingering(entries: Map<string, string>): string[] {
  return entries.size > 0
    ? ['Timers of a user run while the user is logged in; for always: loginctl enable-linger']
    : [];
}

import { EngineError } from '../../support/errors.ts';
import { crontabTarget } from './crontab.ts';
import { databricksTarget } from './databricks.ts';
import { githubTarget } from './github.ts';
import { systemdTarget } from './systemd.ts';
import { type ScheduleTarget, TARGET_NAMES, type TargetContext, type TargetName } from './target.ts';
import { windowsTarget } from './windows.ts';

const TARGETS: Record<TargetName, (context: TargetContext) => ScheduleTarget> = {
  crontab: crontabTarget,
  systemd: systemdTarget,
  windows: windowsTarget,
  github: githubTarget,
  databricks: databricksTarget,
};

/** Those that can be used here. */
export function usableTargets(context: TargetContext): ScheduleTarget[] {
  return TARGET_NAMES.map((name) => TARGETS[name](context)).filter((target) => target.unavailable() === null);
}

/**
 * The target that was asked for; unless one was, this system's own: the Task Scheduler on Windows, else the crontab, else systemd.
 * @throws EngineError `unsupported` when it cannot be used here
 */
export function chosenTarget(name: TargetName | undefined, context: TargetContext): ScheduleTarget {
  if (name !== undefined) return requireUsable(TARGETS[name](context));
  if (process.platform === 'win32') return requireUsable(TARGETS.windows(context));
  const crontab = TARGETS.crontab(context);
  const hasSystemd = () => !context.run('systemctl', ['--version']).isMissing;
  return crontab.unavailable() !== null && hasSystemd() ? TARGETS.systemd(context) : requireUsable(crontab);
}

function requireUsable(target: ScheduleTarget): ScheduleTarget {
  const why = target.unavailable();
  if (why === null) return target;
  throw new EngineError('unsupported', `Schedules cannot be installed into ${target.name}: ${why}`, {
    fix: `Install what is missing, or choose another of ${TARGET_NAMES.join(', ')} with --target.`,
  });
}

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import type { OpenProjectOptions } from '../project.ts';
import { EngineError, type ErrorReason } from '../support/errors.ts';
import { isSqliteUri } from '../tracking/sqlite/location.ts';
import { FiringHistory } from './firings.ts';
import { homeFolder, installLauncher, launcherFile, ownFacts } from './launcher.ts';
import { ensureProjectId, readProjectId } from './project-id.ts';
import type { ScheduleInstallResult, TargetChange } from './results.ts';
import { requireValidSchedules } from './schedule-findings.ts';
import { chosenTarget } from './targets/all-targets.ts';
import { programRunner } from './targets/program.ts';
import type { ScheduleTarget, TargetContext, TargetName } from './targets/target.ts';

export interface InstallOptions extends OpenProjectOptions {
  /** This system's own unless given. */
  target?: TargetName | undefined;
  /** Tell what would be changed, and leave it. */
  dryRun?: boolean | undefined;
  /** Take everything of this project out. */
  uninstall?: boolean | undefined;
}

/** Stands in for the id of a project that has none yet, in a dry run. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Makes a target hold the schedules of config.yaml, no more and no less, after checking that the project works in the empty
 * environment in which it will run.
 * @throws EngineError `unsupported` (no such target here, or it cannot express a schedule), `permission`, `conflict`, and the
 * reason of the check that failed
 */
export function installSchedules(options: InstallOptions = {}): ScheduleInstallResult {
  const file = path.resolve(options.configFile ?? 'config.yaml');
  const env = options.env ?? process.env;
  const loaded = loadConfig({ file, overrides: (options.set ?? []).map(parseSetFlag), env });
  requireValidSchedules(loaded);
  requireAllowed(options);
  const context = targetContext(loaded, options, options.dryRun ? readProjectId : ensureProjectId);
  const target = chosenTarget(options.target, context);
  if (!options.uninstall) requireLastingStore(target, loaded);
  const entries = wantedEntries(loaded, target, options.uninstall ?? false);
  const changes = planChanges(target.installed(), entries);
  const launcher = target.usesLauncher ? context.launcher : null;
  const plan = { schema: 1 as const, target: target.name, changes, launcher };
  if (!options.uninstall && launcher !== null) prepare(launcher, context, options);
  if (options.dryRun) return { ...plan, status: 'dry-run', remarks: [] };
  if (changes.every(({ action }) => action === 'keep')) return { ...plan, status: 'unchanged', remarks: [] };
  const remarks = target.write(entries);
  if (!options.uninstall) setOrigins(loaded, context.clock());
  return { ...plan, status: options.uninstall ? 'uninstalled' : 'installed', remarks };
}

/** What targets need to know about a project. */
export function targetContext(
  { file, env }: LoadedConfig,
  { clock }: OpenProjectOptions,
  projectId: (baseDir: string) => string | null = readProjectId,
): TargetContext {
  return {
    projectId: projectId(path.dirname(file)) ?? NO_ID,
    configFile: file,
    launcher: launcherFile(env),
    env,
    clock: clock ?? (() => new Date()),
    run: programRunner(env),
  };
}

/** The difference between what a target holds and what it should hold, in the order of config.yaml, removals last. */
function planChanges(installed: Map<string, string>, wanted: Map<string, string>): TargetChange[] {
  const changes = [...wanted].map(([id, entry]): TargetChange => {
    const before = installed.get(id);
    return { id, action: before === undefined ? 'add' : before === entry ? 'keep' : 'replace', entry };
  });
  const removals = [...installed].filter(([id]) => !wanted.has(id));
  return [...changes, ...removals.map(([id, entry]): TargetChange => ({ id, action: 'remove', entry }))];
}

/** Paused schedules are installed, too: resuming one is then a matter of config.yaml alone. */
function wantedEntries({ config }: LoadedConfig, target: ScheduleTarget, uninstall: boolean): Map<string, string> {
  return new Map(uninstall ? [] : config.schedules.map((schedule) => [schedule.id, target.entry(schedule)]));
}

/** Writes the launcher, and runs `validate` by it as cron will run everything: without this shell's environment. */
function prepare(launcher: string, { configFile, env }: TargetContext, { dryRun }: InstallOptions): void {
  const facts = ownFacts();
  if (!dryRun) installLauncher(env);
  // Batch files cannot be started without a shell of their own, whose quoting is another one.
  const isDirect = dryRun || process.platform === 'win32';
  const command = isDirect ? [facts.node, facts.command] : [launcher];
  // The launcher sets this by itself.
  const asNode = isDirect && facts.isEditor ? { ELECTRON_RUN_AS_NODE: '1' } : {};
  const { status, stdout, stderr, error } = spawnSync(
    command[0]!,
    [...command.slice(1), 'validate', '--config', configFile, '--json'],
    { env: { ...emptyEnvironment(env), ...asNode }, cwd: homeFolder(env), encoding: 'utf8' },
  );
  if (status === 0) return;
  throw refusal(stdout ?? '', stderr || error?.message || '');
}

/** What cron gives to its commands: crontab(5). */
function emptyEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const user = env.LOGNAME ?? env.USER ?? 'root';
  if (process.platform === 'win32') return { ...process.env };
  return { HOME: homeFolder(env), LOGNAME: user, SHELL: '/bin/sh', PATH: '/usr/bin:/bin' };
}

interface FailedCheck {
  status: string;
  message: string;
  fix: string | null;
  reason: ErrorReason | null;
}

function refusal(stdout: string, stderr: string): EngineError {
  const failed = failedCheck(stdout);
  const why = failed?.message ?? stderr.trim();
  const message = `Nothing is installed, because the project does not work in the environment of a schedule, which is empty: ${why}`;
  const fix = 'Put what is missing into config.yaml or its env_file; then run: gnu-mlops schedule install';
  return new EngineError(failed?.reason ?? 'invalid-config', message, {
    fix: [failed?.fix, fix].filter(Boolean).join(' '),
  });
}

function failedCheck(stdout: string): FailedCheck | undefined {
  try {
    const { checks = [] } = JSON.parse(stdout) as { checks?: FailedCheck[] };
    return checks.find(({ status }) => status === 'error');
  } catch {
    return undefined;
  }
}

/** A schedule that nobody has seen yet counts from its installation. */
function setOrigins({ config, file }: LoadedConfig, now: Date): void {
  const history = FiringHistory.open(path.dirname(file));
  try {
    for (const schedule of config.schedules) history.originOf(schedule, now, now);
  } finally {
    history.close();
  }
}

/** A runner of GitHub forgets its files, and with them a store that is one: nobody would be told that nothing was kept. */
function requireLastingStore({ name }: ScheduleTarget, { config }: LoadedConfig): void {
  const { tracking_uri } = config.mlflow;
  if (name !== 'github' || !isSqliteUri(tracking_uri)) return;
  const why = `the store is a file (${tracking_uri}), and GitHub's runners keep no files from one run to the next`;
  throw new EngineError('unsupported', `Schedules cannot be installed into github: ${why}.`, {
    fix: 'Install them on a machine that stays, with --target crontab, systemd or windows; or keep the store on a server: mlflow.tracking_uri: https://...',
  });
}

function requireAllowed({ readOnly, dryRun }: InstallOptions): void {
  if (!readOnly || dryRun) return;
  throw new EngineError('untrusted-workspace', 'This workspace is not trusted, so nothing is installed.', {
    fix: 'Trust the workspace (command "Workspaces: Manage Workspace Trust") and try again.',
  });
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { formatFinding } from '../config/finding.ts';
import { inspectConfig, type LoadedConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import { placeError } from '../config/place-error.ts';
import { redact } from '../config/secrets.ts';
import { checkMailServer } from '../notification/mail-notifier.ts';
import { allRecipients } from '../notification/recipients.ts';
import { type OpenProjectOptions, openProjectStore } from '../project.ts';
import { launcherFile } from '../scheduling/launcher.ts';
import { EngineError, type ErrorReason, toEngineError } from '../support/errors.ts';
import type { TrackingStore } from '../tracking/store.ts';
import { loadTrainingData } from '../training/training-data.ts';
import { type ConfigProblem, configProblems, modelProblems } from './config-problems.ts';
import { folderErrors } from './folder-errors.ts';

/** One look at one thing. */
export interface Check {
  /** `config`, `model`, `schedules` and `launcher` (when there are schedules), `data`, `store`, `folders`, `mail` (when somebody is to get one) */
  id: string;
  status: 'ok' | 'warning' | 'error';
  message: string;
  /** What to do about it; null when there is nothing to do. */
  fix: string | null;
  /** Why it failed, as errors name it; null unless `status` is error. */
  reason: ErrorReason | null;
}

/** What `validate --json` prints. */
export interface ValidateResult {
  schema: 1;
  /** In the order they were made; later ones are left out when an earlier one makes them pointless. */
  checks: Check[];
}

/** Checks the configuration against its schema and against reality. Changes nothing: a store that is missing stays missing. */
export async function validate(options: OpenProjectOptions = {}): Promise<ValidateResult> {
  const loaded = attempt('config', () => inspect(options));
  if (!('value' in loaded)) return { schema: 1, checks: [loaded.check] };
  const config = loaded.value;
  const ofSchema = configChecks(config);
  const isSound = ofSchema.every(({ status }) => status !== 'error');
  const further = isSound ? await realityChecks(config, options.isOffline) : modelChecks(config);
  return { schema: 1, checks: [...ofSchema, ...further].map((check) => redactCheck(check, config.secrets)) };
}

async function realityChecks(config: LoadedConfig, isOffline: boolean | undefined): Promise<Check[]> {
  const baseDir = path.dirname(config.file);
  const problems = configProblems(config);
  const failed = (id: string, ...sections: string[]) =>
    problems
      .filter(({ finding }) => sections.includes(String(finding.path[0])))
      .map((each) => refused(id, each, config));
  const orElse = async (failures: Check[], look: () => Promise<Check[]>) => (failures.length > 0 ? failures : look());
  return [
    ...(await orElse(failed('model', 'model'), async () => [ok('model', 'The model is configured.')])),
    ...scheduleChecks(config, failed('schedules', 'schedules')),
    ...(await orElse(failed('data', 'data', 'training'), () => dataChecks(config, isOffline))),
    ...(await orElse(failed('store', 'mlflow'), () => storeChecks(config, isOffline))),
    ...failed('folders', 'batch_inference'),
    ...folderChecks(config, baseDir),
    ...(isOffline ? [] : await mailChecks(config)),
  ];
}

function inspect({ configFile, set, env }: OpenProjectOptions): LoadedConfig {
  const overrides = (set ?? []).map(parseSetFlag);
  return inspectConfig({ file: path.resolve(configFile ?? 'config.yaml'), overrides, ...(env ? { env } : {}) });
}

function configChecks({ findings, file }: LoadedConfig): Check[] {
  const name = path.basename(file);
  const checks = findings.map((finding) => ({
    id: 'config',
    status: finding.severity,
    message: formatFinding(name, finding),
    fix: finding.replacement === undefined ? null : `Write "${finding.replacement}".`,
    reason: finding.severity === 'error' ? ('invalid-config' as const) : null,
  }));
  return checks.some(({ status }) => status === 'error') ? checks : [ok('config', `${name} is valid.`), ...checks];
}

/** As far as the schema has nothing against the section: whoever corrects the file shall see all of it at once. */
function modelChecks(config: LoadedConfig): Check[] {
  const isSound = !config.findings.some(({ severity, path: [section] }) => severity === 'error' && section === 'model');
  return isSound ? modelProblems(config).map((problem) => refused('model', problem, config)) : [];
}

async function dataChecks(loaded: LoadedConfig, isOffline = false): Promise<Check[]> {
  const { config, env } = loaded;
  try {
    const { source, features, target, quality } = await loadTrainingData(config, {
      baseDir: path.dirname(loaded.file),
      env,
      isOffline,
    });
    const rows = target.labels.length;
    const message = `${source.description}: ${rows} rows, ${features.length} features, ${target.classes.length} classes.`;
    const warnings = quality.findings.map((finding) => warning('data', finding.message));
    const { fallbackReason } = source;
    const fallback =
      fallbackReason === undefined
        ? []
        : [warning('data', `Stand-in data is used, because the real data cannot be read (${fallbackReason}).`)];
    return [ok('data', message), ...fallback, ...warnings];
  } catch (error) {
    return [failure('data', placeError(error, loaded))];
  }
}

/** Opened for reading only, so that a look makes no store. */
async function storeChecks(loaded: LoadedConfig, isOffline = false): Promise<Check[]> {
  try {
    const store = await storeIfThere(loaded, isOffline);
    const { tracking_uri } = loaded.config.mlflow;
    if (store === null)
      return [ok('store', `${tracking_uri} does not exist yet; the first command that writes makes it.`)];
    try {
      return await openedStoreChecks(store, loaded);
    } finally {
      await store.close();
    }
  } catch (error) {
    return [failure('store', error)];
  }
}

/** Only opening tells that there is no store yet; what an opened one says of anything else that is missing is another matter. */
async function storeIfThere(loaded: LoadedConfig, isOffline: boolean): Promise<TrackingStore | null> {
  try {
    return await openProjectStore(loaded, { readOnly: true, isOffline });
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return null;
    throw error;
  }
}

async function openedStoreChecks(store: TrackingStore, loaded: LoadedConfig): Promise<Check[]> {
  const { location, version, notices = [] } = await store.describe();
  const moved = await artifactsElsewhere(store, loaded);
  const read = ok('store', `${location} (${version}) can be read.`);
  return [...(notices.length === 0 ? [read] : notices.map((notice) => warning('store', notice))), ...moved];
}

/** MLflow's stores hold absolute paths, so a project that was moved or copied still points at the place it came from. */
async function artifactsElsewhere(store: TrackingStore, { config, file }: LoadedConfig): Promise<Check[]> {
  const { location } = await store.describe();
  const experiment = await store.findExperiment(config.mlflow.experiment_name);
  if (experiment === null) return [];
  const folder = store.artifacts.localFolder(experiment.artifactLocation);
  if (folder === null) return remoteArtifacts(store, experiment.artifactLocation);
  const baseDir = path.dirname(file);
  if (!isInside(location, baseDir) || isInside(folder, baseDir)) return [];
  const state = existsSync(folder) ? 'outside of this project' : 'which does not exist';
  return [
    {
      ...warning(
        'store',
        `Models and other artifacts are kept in ${folder}, ${state}: the project was moved or copied.`,
      ),
      fix: 'Work in the project at its old place, or begin a new store here (mlflow.tracking_uri) and train again.',
    },
  ];
}

async function remoteArtifacts({ artifacts }: TrackingStore, uri: string): Promise<Check[]> {
  try {
    await artifacts.list(uri, 1);
    return [ok('store', `Artifacts at ${uri} can be read.`)];
  } catch (error) {
    return [failure('store', error)];
  }
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return !relative.startsWith('..') && !path.isAbsolute(relative);
}

function folderChecks({ config }: LoadedConfig, baseDir: string): Check[] {
  const errors = folderErrors(config, baseDir);
  return errors.length > 0
    ? errors.map((error) => failure('folders', error))
    : [ok('folders', `${baseDir} can be written.`)];
}

/** Warnings: work goes on without mail, and a machine that only tests a change may not reach the server. */
async function mailChecks({ config }: LoadedConfig): Promise<Check[]> {
  const { smtp } = config.notifications;
  const people = allRecipients(config);
  if (smtp.host === null && people.length === 0) return [];
  if (smtp.host === null) {
    const fix = 'Set notifications.smtp.host, and what else the server asks for.';
    return [{ ...warning('mail', `Nobody tells ${people.join(', ')}: notifications.smtp.host is not set.`), fix }];
  }
  if (people.length === 0) {
    const fix = 'Set monitoring.alert_emails.';
    return [{ ...warning('mail', `${smtp.host}:${smtp.port} is there, and nobody to write to.`), fix }];
  }
  try {
    await checkMailServer(smtp);
    return [ok('mail', `${smtp.host}:${smtp.port} takes mail to ${people.join(', ')}.`)];
  } catch (error) {
    return [{ ...failure('mail', error), status: 'warning', reason: null }];
  }
}

function attempt<T>(id: string, work: () => T): { value: T } | { check: Check } {
  try {
    return { value: work() };
  } catch (error) {
    return { check: failure(id, error) };
  }
}

function refused(id: string, { finding, reason, fix }: ConfigProblem, { file }: LoadedConfig): Check {
  const replacement = finding.replacement === undefined ? null : `Write "${finding.replacement}".`;
  return { id, status: 'error', message: formatFinding(path.basename(file), finding), fix: replacement ?? fix, reason };
}

/** @param wrong what is wrong with the schedules */
function scheduleChecks(loaded: LoadedConfig, wrong: Check[]): Check[] {
  const { length } = loaded.config.schedules;
  if (length === 0) return [];
  const launcher = launcherFile(loaded.env);
  const missing: Check = {
    ...warning('launcher', `The launcher of schedules, ${launcher}, is not there, so nothing runs by itself.`),
    fix: 'Run: gnu-mlops schedule install',
  };
  const sound = ok('schedules', `The ${length === 1 ? 'schedule' : `${length} schedules`} can be run.`);
  return [
    ...(wrong.length > 0 ? wrong : [sound]),
    existsSync(launcher) ? ok('launcher', `${launcher} is there.`) : missing,
  ];
}

function ok(id: string, message: string): Check {
  return { id, status: 'ok', message, fix: null, reason: null };
}

function warning(id: string, message: string): Check {
  return { id, status: 'warning', message, fix: null, reason: null };
}

function failure(id: string, error: unknown): Check {
  const { message, details, reason } = toEngineError(error);
  return { id, status: 'error', message, fix: details.fix ?? null, reason };
}

function redactCheck(check: Check, secrets: string[]): Check {
  return { ...check, message: redact(check.message, secrets), fix: check.fix && redact(check.fix, secrets) };
}

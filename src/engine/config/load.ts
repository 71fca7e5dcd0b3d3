import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError } from '../support/errors.ts';
import { type Config, type ConfigPath, formatPath } from './config.ts';
import { type ConfigDocument, parseConfigDocument } from './document.ts';
import { readEnvFile } from './env-file.ts';
import { type Finding, formatFinding } from './finding.ts';
import { environmentOfServer } from './other-server.ts';
import { applyOverrides, environmentOverrides, type Override } from './overrides.ts';
import { configSchema, validateAgainstSchema } from './schema.ts';
import { collectSecrets, plainTextSecrets, redact } from './secrets.ts';
import { wayOut } from './way-out.ts';

export type Environment = Record<string, string | undefined>;

export interface LoadConfigOptions {
  /** Absolute path of config.yaml. */
  file: string;
  /** `--set` flags, strongest. */
  overrides?: Override[];
  env?: Environment;
  /** Text of the file when it is open in an editor and not saved yet. */
  text?: string;
}

/** A checked configuration, or, when `findings` holds errors, the best that could be made of it. */
export interface LoadedConfig {
  config: Config;
  file: string;
  /** Environment variables with those of env_file added. */
  env: Environment;
  /** Values that must never be written. */
  secrets: string[];
  findings: Finding[];
  /** Says where a value stands that a finding is about: in the file, a flag, or a variable. */
  place(finding: Finding): Finding;
}

/**
 * Reads and checks config.yaml: `--set` beats the environment beats env_file beats the file.
 * @throws EngineError `invalid-config` with every error, one per line, each with its place.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const loaded = inspectConfig(options);
  const errors = loaded.findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return loaded;
  const name = path.basename(options.file);
  const first = errors.find((finding) => finding.range)?.range;
  throw new EngineError('invalid-config', errors.map((finding) => formatFinding(name, finding)).join('\n'), {
    ...(first ? { position: { file: options.file, line: first.line, column: first.column } } : {}),
    findings: errors,
    fix: wayOut(errors, options.file),
  });
}

/** As `loadConfig`, but returns the errors instead of throwing them: what an editor needs while somebody types. */
export function inspectConfig(options: LoadConfigOptions): LoadedConfig {
  const text = options.text ?? readConfigFile(options.file);
  const processEnv = options.env ?? process.env;
  const draft = parseConfigDocument(text, processEnv);
  const envFile = readChosenEnvFile(draft, options, processEnv);
  const env = { ...envFile.values, ...processEnv };
  const document = parseConfigDocument(text, env);
  const values = section(document.values);
  const flags = options.overrides ?? [];
  const overrides = [...environmentOverrides(env), ...flags];
  applyOverrides(values, environmentOverrides(env));
  const configured = section(values.mlflow).tracking_uri;
  applyOverrides(values, flags);
  const schemaFindings = document.findings.length > 0 ? [] : validateAgainstSchema(values);
  const config =
    schemaFindings.length + document.findings.length > 0 ? fillDefaults(values) : (values as unknown as Config);
  const located = schemaFindings.map((finding) => locate(finding, document, overrides));
  const findings = [
    ...document.findings,
    ...shapeFindings(document),
    ...envFile.findings,
    ...located,
    ...plainTextSecrets(document, config),
  ];
  const secrets = collectSecrets(config, env);
  const tell = (finding: Finding) => ({ ...finding, message: redact(finding.message, secrets) });
  const place = (finding: Finding) => tell(locate(finding, document, overrides));
  const servers = { configured, used: config.mlflow.tracking_uri };
  const ownEnv = environmentOfServer(env, processEnv, servers);
  return { config, file: options.file, env: ownEnv, findings: findings.map(tell), secrets, place };
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new EngineError('invalid-config', missing ? `${file} does not exist.` : `${file} cannot be read.`, {
      fix: missing ? 'Run: gnu-mlops init, or name the file with --config FILE.' : 'Check its permissions.',
    });
  }
}

/** The variables of env_file, or why it cannot be used. */
function readChosenEnvFile(
  document: ConfigDocument,
  { file, overrides = [] }: LoadConfigOptions,
  env: Environment,
): { values: Environment; findings: Finding[] } {
  const layers = [...environmentOverrides(env), ...overrides];
  const override = layers.findLast(({ path: at }) => formatPath(at) === 'env_file');
  const name = override ? override.value : section(document.values).env_file;
  if (typeof name !== 'string') return { values: {}, findings: [] };
  try {
    return { values: readEnvFile(path.resolve(path.dirname(file), name)), findings: [] };
  } catch (error) {
    if (!EngineError.is(error)) throw error;
    const message = [error.message, error.details.fix].filter(Boolean).join(' ');
    return { values: {}, findings: [locate({ severity: 'error', path: ['env_file'], message }, document, layers)] };
  }
}

function shapeFindings(document: ConfigDocument): Finding[] {
  if (document.findings.length > 0 || section(document.values) === document.values) return [];
  const message = 'expected sections such as mlflow:, model:, training: and data:';
  return [{ severity: 'error', path: [], message, range: document.rangeOf([], 'value') }];
}

function section(values: unknown): Record<string, unknown> {
  return typeof values === 'object' && values !== null && !Array.isArray(values)
    ? (values as Record<string, unknown>)
    : {};
}

/** Every section present, wrong values left as they are, so that other checks can still look around. */
function fillDefaults(values: Record<string, unknown>): Config {
  const blank: Record<string, unknown> = {};
  validateAgainstSchema(blank);
  for (const [key, value] of Object.entries(values)) {
    if (!(key in (configSchema.properties ?? {}))) continue;
    const isSection = configSchema.properties?.[key]?.type === 'object';
    if (isSection) Object.assign(blank[key] as object, section(value));
    else blank[key] = value;
  }
  return blank as unknown as Config;
}

/** Says where a finding stands: in the file, a flag, or a variable that is not set. */
function locate(finding: Finding, document: ConfigDocument, overrides: Override[]): Finding {
  const override = overrides.findLast(({ path: at }) => isPrefix(at, finding.path));
  if (override) return { ...finding, origin: override.origin };
  const part = /: unknown (key|hyper-parameter) /.test(finding.message) ? 'key' : 'value';
  const unset = document.unsetVariables(finding.path);
  const why = unset.length > 0 ? ` (environment variable ${unset.join(', ')} is not set)` : '';
  return { ...finding, message: finding.message + why, range: document.rangeOf(finding.path, part) };
}

/** Flags and variables write an index of a list as text. */
function isPrefix(prefix: ConfigPath, whole: ConfigPath): boolean {
  return prefix.every((key, depth) => String(key) === String(whole[depth]));
}

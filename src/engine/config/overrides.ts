import { parse } from 'yaml';
import { EngineError } from '../support/errors.ts';
import { type ConfigPath, formatPath } from './config.ts';
import { expectsText } from './schema.ts';

/** A value that beats the file's: from the environment or a flag. */
export interface Override {
  path: ConfigPath;
  value: unknown;
  /** For messages: "environment GNU_MLOPS__TRAINING__TEST_SIZE", "--set training.test_size". */
  origin: string;
}

/** The standard variables of MLflow and Databricks that name a configuration value. */
const STANDARD_VARIABLES: Record<string, ConfigPath> = {
  DATABRICKS_HOST: ['databricks', 'host'],
  DATABRICKS_TOKEN: ['databricks', 'token'],
  MLFLOW_TRACKING_URI: ['mlflow', 'tracking_uri'],
  MLFLOW_EXPERIMENT_NAME: ['mlflow', 'experiment_name'],
};

const PREFIX = 'GNU_MLOPS__';

/** Overrides in the environment: the standard variables, then `GNU_MLOPS__SECTION__KEY` (values read as YAML). */
export function environmentOverrides(env: Record<string, string | undefined>): Override[] {
  const standard = Object.entries(STANDARD_VARIABLES).flatMap(([name, path]) =>
    env[name] ? [{ path, value: env[name], origin: `environment ${name}` }] : [],
  );
  const own = Object.entries(env).flatMap(([name, text]) => {
    if (!name.startsWith(PREFIX) || text === undefined) return [];
    const origin = `environment ${name}`;
    const path = name.slice(PREFIX.length).toLowerCase().split('__');
    return [{ path, value: readValue(path, text, origin), origin }];
  });
  return [...standard, ...own];
}

/**
 * Reads `--set section.key=value` (value as YAML).
 * @throws EngineError `usage` when there is no `=` or no key.
 */
export function parseSetFlag(text: string): Override {
  const at = text.indexOf('=');
  if (at < 1) throw new EngineError('usage', `--set ${text}: expected section.key=value.`);
  const path = text.slice(0, at).trim().split('.');
  const origin = `--set ${formatPath(path)}`;
  return { path, value: readValue(path, text.slice(at + 1), origin), origin };
}

/** The value as YAML; where text is expected, what is neither text nor null in YAML is taken as it stands. */
function readValue(path: ConfigPath, text: string, origin: string): unknown {
  if (!expectsText(path)) return readYaml(text, origin);
  try {
    const value: unknown = parse(text);
    return value === null || typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}

function readYaml(text: string, origin: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new EngineError('usage', `${origin}: not valid YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}

/** Puts the overrides over `values`, in order, making sections that are missing. */
export function applyOverrides(values: Record<string, unknown>, overrides: Override[]): void {
  for (const { path, value } of overrides) {
    let section = values;
    for (const key of path.slice(0, -1)) {
      const inner = Object.hasOwn(section, key) ? section[key] : undefined;
      if (typeof inner !== 'object' || inner === null) setOwn(section, key, {});
      section = Object.getOwnPropertyDescriptor(section, key)!.value;
    }
    setOwn(section, path.at(-1)!, value);
  }
}

/** Plain assignment to `__proto__` would change what every object of the program inherits. */
function setOwn(section: Record<string, unknown>, key: string | number, value: unknown): void {
  Object.defineProperty(section, key, { value, writable: true, enumerable: true, configurable: true });
}

import { Ajv, type ErrorObject } from 'ajv';
import schema from '../../../schemas/config.schema.json' with { type: 'json' };
import { nearestName } from '../support/nearest-name.ts';
import { type ConfigPath, formatPath } from './config.ts';
import { expectation, nearestAllowed } from './expectation.ts';
import type { Finding } from './finding.ts';

/** The one description of config.yaml (JSON Schema draft-07). */
export const configSchema: ConfigSchema = schema as ConfigSchema;

export interface ConfigSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, ConfigSchema>;
  items?: ConfigSchema;
  additionalProperties?: boolean | ConfigSchema;
  propertyNames?: ConfigSchema;
}

/** Whether the value at `path` is text, so that nothing may be read into it: `model_name: 007` from a variable. */
export function expectsText(path: ConfigPath): boolean {
  let schema: ConfigSchema | undefined = configSchema;
  for (const key of path) {
    schema = /^\d+$/.test(String(key)) ? (schema?.items ?? schema?.properties?.[key]) : schema?.properties?.[key];
  }
  const types = [schema?.type ?? []].flat();
  return types.includes('string') && types.every((type) => type === 'string' || type === 'null');
}

let validator: ReturnType<Ajv['compile']> | undefined;

/** Checks `values` against the schema and fills in defaults, in place. */
export function validateAgainstSchema(values: unknown): Finding[] {
  validator ??= new Ajv({ useDefaults: true, allErrors: true, allowUnionTypes: true, verbose: true }).compile(schema);
  if (validator(values)) return [];
  const errors = validator.errors ?? [];
  return errors.filter((error) => !isEcho(error, errors)).map(toFinding);
}

/** `anyOf`, `propertyNames` and `not` also report their parts; one message per place is enough. */
function isEcho(error: ErrorObject, all: ErrorObject[]): boolean {
  if (error.keyword === 'if' || error.schemaPath.includes('/propertyNames/')) return true;
  const isEmpty = (other: ErrorObject) => other.keyword === 'minLength' && other.instancePath === error.instancePath;
  if (error.keyword === 'pattern' && all.some(isEmpty)) return true;
  const alternative = error.schemaPath.includes('/anyOf/') || error.schemaPath.startsWith('#/definitions/gate/anyOf/');
  return alternative && all.some((other) => other.keyword === 'anyOf' && other.instancePath === error.instancePath);
}

function toFinding(error: ErrorObject): Finding {
  const path = pathOf(error.instancePath);
  if (error.keyword === 'additionalProperties') return unknownKey(error, path, error.params.additionalProperty);
  if (error.keyword === 'propertyNames') return unknownKey(error, path, error.params.propertyName);
  const replacement = nearestAllowed(error);
  const message = `${formatPath(path)}: ${expectation(error, path)}`;
  return { severity: 'error', path, message, ...(replacement === undefined ? {} : { replacement }) };
}

function pathOf(pointer: string): ConfigPath {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part.replace(/~1/g, '/').replace(/~0/g, '~')));
}

function unknownKey(error: ErrorObject, parent: ConfigPath, key: string): Finding {
  const section = error.parentSchema as ConfigSchema;
  const allowed = Object.keys(section.properties ?? {});
  const names = allowed.length > 0 ? allowed : ((section.propertyNames?.enum ?? []) as string[]);
  const replacement = nearestName(key, names);
  const path = [...parent, key];
  const hint = replacement ? `did you mean "${replacement}"?` : `allowed here: ${names.join(', ')}`;
  const message = `${formatPath(path)}: unknown key "${key}"; ${hint}`;
  return { severity: 'error', path, message, ...(replacement === undefined ? {} : { replacement }) };
}

import path from 'node:path';
import { EngineError } from '../support/errors.ts';

/** MLflow's limits on names and values (mlflow/utils/validation.py), in characters; the lowest of all versions we support. */
const MAX_KEY = 250;
const MAX_PARAM_VALUE = 6000;
const MAX_TAG_VALUE = 8000;
/** 100,000 since MLflow 3; what a 2.x colleague cannot write we do not write either. */
const MAX_VERSION_TAG_VALUE = 5000;
const MAX_EXPERIMENT_NAME = 256;
const MAX_ALIAS = 255;

/** @throws EngineError `usage` when MLflow would refuse `key` as the name of a metric, param or tag. */
export function checkKey(kind: 'metric' | 'param' | 'tag', key: string): string {
  if (key === '') throw refused(`A ${kind} needs a name.`);
  if (key.length > MAX_KEY)
    throw refused(`The ${kind} name "${key.slice(0, 40)}..." is longer than ${MAX_KEY} characters.`);
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key)) {
    throw refused(`The ${kind} name "${key}" may hold letters, digits and _ - . : / and spaces only.`);
  }
  if (isPathLike(key))
    throw refused(`The ${kind} name "${key}" would name another file: no "..", no "//", no "/" at the ends.`);
  return key;
}

/** Params and tags that are too long are cut, as MLflow does. */
export function cutParam(value: string): string {
  return cut(value, MAX_PARAM_VALUE);
}

export function cutTag(value: string): string {
  return cut(value, MAX_TAG_VALUE);
}

/** Never through the middle of a character that takes two units of UTF-16. */
function cut(value: string, length: number): string {
  const text = String(value);
  return text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** @throws EngineError `usage` when a tag of a model version is longer than every MLflow takes. */
export function checkVersionTag(key: string, value: string): string {
  checkKey('tag', key);
  if (value.length <= MAX_VERSION_TAG_VALUE) return String(value);
  throw refused(`The version tag "${key}" is longer than ${MAX_VERSION_TAG_VALUE} characters.`);
}

/** @throws EngineError `usage` when MLflow would refuse a model of this name. */
export function checkModelName(name: string): string {
  if (name.trim() === '') throw refused('A registered model needs a name.');
  if (/[/:]/.test(name)) throw refused(`The model name "${name}" must not hold "/" or ":".`);
  if (isPathLike(name)) throw refused(`The model name "${name}" would name another file.`);
  return name;
}

/** @throws EngineError `usage` when MLflow would refuse an experiment of this name. */
export function checkExperimentName(name: string): string {
  if (name === '') throw refused('An experiment needs a name.');
  if (name.length <= MAX_EXPERIMENT_NAME) return name;
  throw refused(`The experiment name "${name.slice(0, 40)}..." is longer than ${MAX_EXPERIMENT_NAME} characters.`);
}

/** @throws EngineError `usage` when MLflow would refuse `alias`. `latest` and `v1` are spoken for. */
export function checkAlias(alias: string): string {
  const reserved = /^(latest|v\d+)$/i.test(alias);
  if (alias !== '' && alias.length <= MAX_ALIAS && /^[\p{L}\p{N}_-]+$/u.test(alias) && !reserved) return alias;
  throw refused(`"${alias}" cannot be an alias: letters, digits, "_" and "-" only, and neither "latest" nor "v1".`);
}

/** MLflow's file store keeps a file per key, so every store refuses keys that are not normal paths. */
function isPathLike(name: string): boolean {
  const normal = path.posix.normalize(name);
  return normal !== name || normal === '.' || normal.startsWith('..') || normal.startsWith('/') || normal.endsWith('/');
}

function refused(message: string): EngineError {
  return new EngineError('usage', message, { fix: 'Choose another name or a shorter value.' });
}

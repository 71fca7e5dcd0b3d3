import type { Config, ConfigPath } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import type { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';

/** What is wrong with the columns that are configured, given those that the data has. */
export function columnErrors({ data, training }: Config, names: readonly string[]): EngineError[] {
  const features = data.feature_columns.map((name, i): [ConfigPath, string] => [['data', 'feature_columns', i], name]);
  const named: [ConfigPath, string | null][] = [
    [['data', 'target_column'], data.target_column],
    [['training', 'time_column'], training.time_column],
    [['training', 'weights_column'], training.weights_column],
    ...features,
  ];
  const absent = named.flatMap(([at, name]) =>
    name === null || names.includes(name) ? [] : noColumn(at, name, names),
  );
  const target = features.find(([, name]) => name === data.target_column);
  return [
    ...absent,
    ...(target ? [configError(target[0], `found "${target[1]}", which is the target; expected another column`)] : []),
    ...(training.split === 'time' && training.time_column === null ? [noTime(names)] : []),
  ];
}

function noColumn(at: ConfigPath, name: string, names: readonly string[]): EngineError {
  const replacement = nearestName(name, names);
  const hint = replacement === undefined ? '' : `; did you mean "${replacement}"?`;
  return configError(at, `the data has no column "${name}"${hint}`, {
    replacement,
    columns: names,
    fix: `Columns: ${names.join(', ')}.`,
  });
}

function noTime(names: readonly string[]): EngineError {
  return configError(['training', 'time_column'], 'found null; expected a column of the data, because of split: time', {
    fix: `Columns: ${names.join(', ')}.`,
  });
}

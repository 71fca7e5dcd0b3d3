import { inspectConfig, type LoadConfigOptions, type LoadedConfig } from './load.ts';

/** What can be read of a configuration that is refused; defaults when that is nothing. */
export function bestOfConfig(source: LoadConfigOptions): LoadedConfig {
  try {
    return withLogs(inspectConfig(source));
  } catch {
    return inspectConfig({ file: source.file, text: '', env: {} });
  }
}

/** Logs are kept for as long as the schema says when the file says nonsense. */
function withLogs(loaded: LoadedConfig): LoadedConfig {
  const { findings, config, file } = loaded;
  const isSound = !findings.some(({ severity, path: [section] }) => severity === 'error' && section === 'logs');
  return isSound
    ? loaded
    : { ...loaded, config: { ...config, logs: inspectConfig({ file, text: '', env: {} }).config.logs } };
}

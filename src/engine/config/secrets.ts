import type { Config, ConfigPath } from './config.ts';
import type { ConfigDocument } from './document.ts';
import type { Finding } from './finding.ts';

const SECRET_PATHS: ConfigPath[] = [
  ['databricks', 'token'],
  ['notifications', 'smtp', 'password'],
];

/** Names whose values are secrets, wherever they stand: in variables, URLs' query parts, log fields. */
export const SECRET_NAME = /(token|password|passwd|secret|api_?key|access_?key|credential)/i;

/** Secret values that must never be written anywhere: from the configuration, the environment and URLs. */
export function collectSecrets(config: Config, env: Record<string, string | undefined>): string[] {
  const fromConfig = SECRET_PATHS.map((path) => at(config, path));
  const fromEnv = Object.entries(env).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const fromUris = [config.mlflow.tracking_uri, config.mlflow.registry_uri, ...config.notifications.webhooks].map(
    (uri) => /^[a-z+]+:\/\/[^/@]*:([^@/]+)@/i.exec(uri ?? '')?.[1],
  );
  const hooks = config.notifications.webhooks;
  const values = [...fromConfig, ...fromEnv, ...fromUris, ...hooks];
  return [...new Set(values.filter((value): value is string => typeof value === 'string' && value.length >= 4))];
}

/** A warning for each secret that stands in the file in plain text. */
export function plainTextSecrets(document: ConfigDocument, config: Config): Finding[] {
  return SECRET_PATHS.filter((path) => {
    const value = at(config, path);
    return typeof value === 'string' && value !== '' && document.has(path) && document.rawText(path) === undefined;
  }).map((path) => ({
    severity: 'warning',
    path,
    message: `${path.join('.')}: a secret in plain text; write \${${String(path.at(-1)).toUpperCase()}} and set it in the environment or env_file`,
    range: document.rangeOf(path, 'value'),
  }));
}

/** The configuration as it may be stored with a run: secrets replaced by "***". */
export function withoutSecrets(config: Config, secrets: string[]): unknown {
  return JSON.parse(JSON.stringify(config), (_key, value) =>
    typeof value === 'string' ? redact(value, secrets) : value,
  );
}

/** `text` with every secret value replaced by "***". */
export function redact(text: string, secrets: string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, '***'), text);
}

function at(config: Config, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);
}

import { isSecretName } from '../support/secret-names.ts';
import { passwordOf, withoutUserInfo } from '../support/user-info.ts';
import { type Config, type ConfigPath, formatPath } from './config.ts';
import { profileSecrets } from './databricks-settings.ts';
import type { ConfigDocument } from './document.ts';
import type { Finding } from './finding.ts';
import { SECRET_PATHS } from './secret-paths.ts';

/** Addresses that may hold a password: `https://user:password@host`. */
const ADDRESS_PATHS: ConfigPath[] = [
  ['mlflow', 'tracking_uri'],
  ['mlflow', 'registry_uri'],
];

/**
 * Secret values that must never be written anywhere: from the configuration, the environment and URLs; longest first, so
 * that one that holds another is removed whole.
 */
export function collectSecrets(config: Config, env: Record<string, string | undefined>): string[] {
  const fromConfig = SECRET_PATHS.map((path) => at(config, path));
  const hooks = [at(config, ['notifications', 'webhooks'])].flat();
  const addresses = [...ADDRESS_PATHS.map((path) => at(config, path)), ...hooks];
  const fromAddresses = addresses.map((address) => passwordOf(String(address)));
  const values = [
    ...fromConfig,
    ...environmentSecrets(env),
    ...profileSecrets(config, env),
    ...fromAddresses,
    ...hooks,
  ];
  const texts = values.filter((value): value is string => typeof value === 'string' && value.length >= SHORTEST);
  return [...new Set(texts)].sort((a, b) => b.length - a.length);
}

/** Anything shorter would be found in innocent words. */
const SHORTEST = 4;

/** Secret values that the environment holds by their names; what is known when there is no configuration. */
export function environmentSecrets(env: Record<string, string | undefined>): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    return isSecretName(name) && value !== undefined && value.length >= SHORTEST ? [value] : [];
  });
}

/** A warning for each secret that stands in the file in plain text. */
export function plainTextSecrets(document: ConfigDocument, config: Config): Finding[] {
  const secrets = SECRET_PATHS.filter((path) => isPlainText(document.writtenText(path)));
  const addresses = ADDRESS_PATHS.filter((path) => {
    return isPlainText(passwordOf(document.writtenText(path) ?? ''));
  });
  // Whoever knows the address of a webhook can write there.
  const hooks = [at(config, ['notifications', 'webhooks'])]
    .flat()
    .map((_, i): ConfigPath => ['notifications', 'webhooks', i]);
  const plainHooks = hooks.filter((path) => isPlainText(document.writtenText(path)));
  return [...secrets, ...addresses, ...plainHooks].map((path) => ({
    severity: 'warning',
    path,
    message: `${formatPath(path)}: a secret in plain text; write \${${variableFor(path)}} and set it in the environment or env_file`,
    range: document.rangeOf(path, 'value'),
  }));
}

/** Name of a variable that may carry a secret: DATABRICKS_TOKEN, MLFLOW_TRACKING_URI, SMTP_PASSWORD. */
export function variableFor(path: ConfigPath): string {
  const last = path.at(-1)!;
  return typeof last === 'number' ? `WEBHOOK_${last + 1}` : path.slice(-2).join('_').toUpperCase();
}

/** Whether a secret can be read in the text: as it stands, or as the default of a variable. */
function isPlainText(text: string | undefined): boolean {
  return text !== undefined && text !== '' && (!text.includes('${') || /:-[^}]/.test(text));
}

/** A configuration or another document as it may be stored and printed: secrets in its texts replaced by "***". */
export function withoutSecrets(document: object, secrets: string[]): unknown {
  return JSON.parse(JSON.stringify(document), (_key, value) =>
    typeof value === 'string' ? redact(value, secrets) : value,
  );
}

/** `text` with every secret value, and user and password of every address, replaced by "***". */
export function redact(text: string, secrets: string[]): string {
  return withoutUserInfo(secrets.reduce((result, secret) => result.replaceAll(secret, '***'), text));
}

function at(config: Config, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);
}

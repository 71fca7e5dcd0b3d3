import type { Config, ConfigPath } from './config.ts';
import type { ConfigDocument } from './document.ts';
import type { Finding } from './finding.ts';
import { SECRET_PATHS } from './secret-paths.ts';

/** Addresses that may hold a password: `https://user:password@host`. */
const ADDRESS_PATHS: ConfigPath[] = [
  ['mlflow', 'tracking_uri'],
  ['mlflow', 'registry_uri'],
];
const PASSWORD_IN_ADDRESS = /^[a-z+]+:\/\/[^/@]*:([^@/]+)@/i;

/** Names whose values are secrets, wherever they stand: in variables, URLs' query parts, log fields. */
export const SECRET_NAME = /(token|password|passwd|secret|api_?key|access_?key|credential)/i;

/**
 * Secret values that must never be written anywhere: from the configuration, the environment and URLs; longest first, so
 * that one that holds another is removed whole.
 */
export function collectSecrets(config: Config, env: Record<string, string | undefined>): string[] {
  const fromConfig = SECRET_PATHS.map((path) => at(config, path));
  const fromEnv = Object.entries(env).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const hooks = [at(config, ['notifications', 'webhooks'])].flat();
  const addresses = [...ADDRESS_PATHS.map((path) => at(config, path)), ...hooks];
  const fromAddresses = addresses.map((address) => PASSWORD_IN_ADDRESS.exec(String(address))?.[1]);
  const values = [...fromConfig, ...fromEnv, ...fromAddresses, ...hooks];
  const texts = values.filter((value): value is string => typeof value === 'string' && value.length >= 4);
  return [...new Set(texts)].sort((a, b) => b.length - a.length);
}

/** A warning for each secret that stands in the file in plain text. */
export function plainTextSecrets(document: ConfigDocument): Finding[] {
  const secrets = SECRET_PATHS.filter((path) => isPlainText(document.writtenText(path)));
  const addresses = ADDRESS_PATHS.filter((path) => {
    return isPlainText(PASSWORD_IN_ADDRESS.exec(document.writtenText(path) ?? '')?.[1]);
  });
  return [...secrets, ...addresses].map((path) => ({
    severity: 'warning',
    path,
    message: `${path.join('.')}: a secret in plain text; write \${${String(path.at(-1)).toUpperCase()}} and set it in the environment or env_file`,
    range: document.rangeOf(path, 'value'),
  }));
}

/** Whether a secret can be read in the text: as it stands, or as the default of a variable. */
function isPlainText(text: string | undefined): boolean {
  return text !== undefined && text !== '' && (!text.includes('${') || /:-[^}]/.test(text));
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

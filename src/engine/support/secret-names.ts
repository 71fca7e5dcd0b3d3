import { withoutUserInfo } from './user-info.ts';

/** Names whose values are secrets, wherever they stand: in variables, addresses, log fields. */
const SECRET_NAME =
  /(token|password|passwd|passphrase|secret|credential|authorization|(api|access|private|account|signing|encryption)[_-]?key)/i;

/** Whether a value of this name must not be written: MLFLOW_TRACKING_TOKEN, smtp.password, api_key. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

const NAME_AND_VALUE = /([\w.-]+)=("[^"]*"|'[^']*'|[^\s&;,"'<>]+)/g;
/** Names that tell of a secret in an address only; elsewhere a "key" is any key. */
const QUERY_SECRET = /([?&](?:key|sig|signature|code|auth|pwd)=)[^\s&#"'<>]+/gi;
const JSON_PAIR = /"([\w.-]+)"(\s*:\s*)"(?:[^"\\]|\\.)*"/g;
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/g;

/** `text` with values replaced by "***" that are secret by the name beside them, whatever they are. */
export function redactByName(text: string): string {
  return withoutUserInfo(text)
    .replace(QUERY_SECRET, '$1***')
    .replace(NAME_AND_VALUE, (pair, name: string) => (isSecretName(name) ? `${name}=***` : pair))
    .replace(JSON_PAIR, (pair, name: string, colon: string) => (isSecretName(name) ? `"${name}"${colon}"***"` : pair))
    .replace(BEARER, '$1 ***');
}

/** A document with every text in it passed through `clean`, and every text below a secret name replaced by "***". */
export function cleanTexts(value: unknown, clean: (text: string) => string, isSecret = false): unknown {
  if (typeof value === 'string') return isSecret ? '***' : clean(value);
  if (Array.isArray(value)) return value.map((item) => cleanTexts(item, clean, isSecret));
  if (typeof value !== 'object' || value === null) return isSecret && typeof value === 'number' ? '***' : value;
  const entries = Object.entries(value).map(([name, part]) => [
    clean(name),
    cleanTexts(part, clean, isSecret || isSecretName(name)),
  ]);
  return Object.fromEntries(entries);
}

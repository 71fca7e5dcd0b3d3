import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { EngineError } from '../../support/errors.ts';

type Environment = Record<string, string | undefined>;

interface NumberRule {
  /** For people. */
  expected: string;
  isRight: (value: number) => boolean;
}

/**
 * The number that a variable holds; undefined when it is not set.
 * @throws EngineError `usage` for anything else
 */
export function numberOf(env: Environment, name: string, { expected, isRight }: NumberRule): number | undefined {
  const text = env[name]?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text) && isRight(Number(text))) return Number(text);
  throw new EngineError('usage', `${name}: found "${text}"; expected ${expected}.`, {
    fix: `Correct ${name} in the environment or in env_file, or remove it.`,
  });
}

/**
 * The certificates of authorities in the PEM file that a variable names; undefined when it is not set.
 * @throws EngineError `usage` for a file that cannot be read or holds none
 */
export function authorityOf(env: Environment, name: string): string | undefined {
  return pemOf(env, name, 'a certificate', (pem) => new X509Certificate(pem));
}

/**
 * The certificate and its key, both in the one PEM file that a variable names; undefined when it is not set.
 * @throws EngineError `usage` for a file that cannot be read or does not hold both
 */
export function identityOf(env: Environment, name: string): string | undefined {
  const isBoth = (pem: string) => new X509Certificate(pem) && tls.createSecureContext({ cert: pem, key: pem });
  return pemOf(env, name, 'a certificate and its key without a password', isBoth);
}

function pemOf(env: Environment, name: string, expected: string, check: (pem: string) => unknown): string | undefined {
  const file = env[name];
  if (!file) return undefined;
  const pem = readPem(name, file);
  try {
    check(pem);
  } catch {
    throw unusable(name, `${file} does not hold ${expected}`);
  }
  return pem;
}

function readPem(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(name, `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function unusable(name: string, why: string): EngineError {
  return new EngineError('usage', `${name}: ${why}.`, {
    fix: `Name a file in PEM format in ${name}, or remove the variable.`,
  });
}

import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { projectRoot } from '../../scripts/cache.ts';
import type { ErrorReason } from '../../src/engine/support/errors.ts';
import type { CommandResult } from './command.ts';

const ajv = new Ajv({
  allErrors: true,
  allowUnionTypes: true,
  formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ },
});

/** What `--json` prints when a command fails. */
export interface ErrorDocument {
  error: { reason: ErrorReason; message: string; details: { fix?: string; eventId?: string } };
}

/** The one document on standard output, which must be what schemas/results/ says. */
export function parseDocument<T>({ stdout }: CommandResult, schema: string): T {
  const document = JSON.parse(stdout) as T;
  const file = path.join(projectRoot, 'schemas/results', `${schema}.schema.json`);
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')));
  assert.ok(validate(document), `${schema}: ${ajv.errorsText(validate.errors)}`);
  return document;
}

import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { mlflowHttpClient } from '../../../src/engine/tracking/rest/server.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe("The variables of MLflow's own client", () => {
  const { folder, remove } = temporaryFolder();
  const empty = path.join(folder, 'empty.pem');

  before(() => writeFileSync(empty, 'no certificate\n'));
  after(remove);

  function refusal(env: Record<string, string>): EngineError {
    try {
      mlflowHttpClient('http://127.0.0.1:9', env).close();
    } catch (error) {
      assert.ok(EngineError.is(error, 'usage'), String(error));
      return error;
    }
    return assert.fail(`${JSON.stringify(env)} is accepted`);
  }

  const WRONG: Record<string, string[]> = {
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: ['three', '-1', '11', '1e9', 'Infinity', '2.5', 'NaN', '0x3'],
    MLFLOW_HTTP_REQUEST_TIMEOUT: ['soon', '-5', '0', '86401', '1e9', 'Infinity', '10s'],
  };
  for (const [name, values] of Object.entries(WRONG)) {
    it(`are refused when ${name} is no number that makes sense, with what is expected`, () => {
      for (const value of values) {
        const { message, details } = refusal({ [name]: value });
        assert.ok(message.startsWith(`${name}: found "${value}"; expected `), message);
        assert.match(details.fix!, new RegExp(name));
      }
    });
  }

  it('are refused when one names a certificate that is none', () => {
    for (const name of ['MLFLOW_TRACKING_SERVER_CERT_PATH', 'MLFLOW_TRACKING_CLIENT_CERT_PATH']) {
      assert.match(
        refusal({ [name]: path.join(folder, 'missing.pem') }).message,
        /missing\.pem cannot be read \(ENOENT\)/,
      );
      assert.match(refusal({ [name]: empty }).message, /empty\.pem does not hold a certificate/);
    }
  });

  it('are taken when they make sense, or are empty', () => {
    for (const env of [
      { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0', MLFLOW_HTTP_REQUEST_TIMEOUT: '0.5' },
      { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '10', MLFLOW_HTTP_REQUEST_TIMEOUT: '86400' },
      { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '', MLFLOW_HTTP_REQUEST_TIMEOUT: ' 5 ', MLFLOW_TRACKING_SERVER_CERT_PATH: '' },
    ]) {
      assert.doesNotThrow(() => mlflowHttpClient('http://127.0.0.1:9', env).close());
    }
  });
});

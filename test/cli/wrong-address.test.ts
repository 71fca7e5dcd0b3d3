import * as assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ValidateResult } from '../../src/engine/index.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

/** What stands at a wrong address answers that it has nothing there, each kind in its own way. */
const OTHERS: Record<string, string> = {
  'a web page': '<!doctype html><title>404 Not Found</title>',
  'the JSON of another program': '{"detail":"Not Found"}',
};

for (const [what, text] of Object.entries(OTHERS)) {
  describe(`An address whose server answers 404 with ${what}`, () => {
    let server: Server;
    let project: TemporaryProject;
    let address: string;

    before(async () => {
      project = exampleProject();
      server = createServer((request, response) => {
        request.resume();
        response.writeHead(404, { 'Content-Type': 'text/plain' }).end(text);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });

    after(() => {
      project.remove();
      server.closeAllConnections();
      server.close();
    });

    const run = (...args: string[]) =>
      gnuMlops([...args, '--set', `mlflow.tracking_uri=${address}`, '--json'], { cwd: project.folder });

    for (const args of [
      ['runs'],
      ['info'],
      ['train'],
      ['deploy', '--stage', 'staging'],
      ['copy', '--to', 'sqlite:///x.db'],
    ]) {
      it(`is unreachable for ${args[0]}, which says why and what to check`, async () => {
        const result = await run(...args);
        assert.equal(result.code, 4, result.stdout + result.stderr);
        const { error } = parseDocument<ErrorDocument>(result, 'error');
        assert.equal(error.reason, 'unreachable');
        assert.match(error.message, /does not look like an MLflow server/);
        assert.match(error.details.fix!, /mlflow\.tracking_uri/);
      });
    }

    it('is told by validate', async () => {
      const result = await run('validate');
      assert.equal(result.code, 4, result.stdout + result.stderr);
      const { checks } = parseDocument<ValidateResult>(result, 'validate');
      const wrong = checks.filter(({ status }) => status === 'error');
      assert.deepEqual(
        wrong.map(({ id, reason }) => [id, reason]),
        [['store', 'unreachable']],
      );
      assert.match(wrong[0]!.message, /does not look like an MLflow server/);
    });
  });
}

import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { copy } from '../../../src/engine/copying/copy.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

/** A server that writes down what it is shown, and has nothing. */
function listener(): { server: Server; shown: Set<string | undefined>; address: () => string } {
  const shown = new Set<string | undefined>();
  const server = createServer(({ headers, url }, response) => {
    shown.add(headers.authorization);
    if (url === '/version') return void response.end('3.17.2');
    response.end('{}');
  });
  return { server, shown, address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('A copy from one server to another', () => {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  const [home, other] = [listener(), listener()];

  before(async () => {
    for (const { server } of [home, other])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    writeFileSync(configFile, `env_file: .env\nmlflow: { tracking_uri: "${home.address()}" }\n`);
  });

  after(() => {
    for (const { server } of [home, other]) {
      server.closeAllConnections();
      server.close();
    }
    remove();
  });

  async function shownTo(envFile: string) {
    for (const { shown } of [home, other]) shown.clear();
    writeFileSync(path.join(folder, '.env'), envFile, { mode: 0o600 });
    await copy({ configFile, env: {} }, { to: other.address(), dryRun: true });
    return { home: [...home.shown], other: [...other.shown] };
  }

  it('shows each of them only its own credentials', async () => {
    const token = 'MLFLOW_TRACKING_TOKEN=of-home\n';
    assert.deepEqual(await shownTo(token), { home: ['Bearer of-home'], other: [undefined] });
    const both = `${token}GNU_MLOPS_OTHER_TRACKING_TOKEN=of-other\n`;
    assert.deepEqual(await shownTo(both), { home: ['Bearer of-home'], other: ['Bearer of-other'] });
  });
});

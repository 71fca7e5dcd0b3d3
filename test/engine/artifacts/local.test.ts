import * as assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { LocalRepository } from '../../../src/engine/artifacts/local.ts';
import type { ArtifactRepository } from '../../../src/engine/artifacts/repository.ts';
import { downloadTree, uploadTree } from '../../../src/engine/artifacts/transfer.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { repositoryContract } from './repository-contract.ts';

repositoryContract('A folder', async () => {
  const { folder, remove } = temporaryFolder();
  return { repository: new LocalRepository(path.join(folder, 'not', 'yet')), dispose: async () => remove() };
});

describe('A folder of artifacts', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  it('does not follow links', async () => {
    const root = path.join(folder, 'linked');
    mkdirSync(path.join(root, 'sub'), { recursive: true });
    writeFileSync(path.join(folder, 'secret.txt'), 'secret');
    writeFileSync(path.join(root, 'sub', 'plain.txt'), 'plain');
    symlinkSync(path.join(folder, 'secret.txt'), path.join(root, 'file-link'));
    symlinkSync(folder, path.join(root, 'sub', 'folder-link'));
    const repository = new LocalRepository(root);
    assert.deepEqual(
      (await repository.list()).map((file) => file.path),
      ['sub/plain.txt'],
    );
    await rejects(repository.open('file-link'), 'not-found');
    await rejects(repository.open('sub/folder-link/secret.txt'), 'not-found');
    const target = path.join(folder, 'copy');
    await uploadTree(root, new LocalRepository(target));
    assert.deepEqual(readdirSync(path.join(target, 'sub')), ['plain.txt']);
  });
});

/** A server that answers what the test says. */
function fake(part: Partial<ArtifactRepository>): ArtifactRepository {
  return {
    location: 'fake://server',
    list: async () => [],
    open: async (name) => Readable.from([Buffer.from(name)]),
    put: async () => undefined,
    ...part,
  };
}

const listed = (...names: string[]) => names.map((path) => ({ path, size: path.length, tag: null }));

describe('Copying a tree', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  for (const hostile of ['../outside', '/etc/outside', 'a/../../outside', '..\\outside', 'a\0b', 'a//b']) {
    it(`writes nothing at all when a server lists ${JSON.stringify(hostile)}`, async () => {
      const target = path.join(folder, 'hostile', 'deep');
      const repository = fake({ list: async () => listed('good.txt', hostile) });
      const error = await rejects(downloadTree(repository, target), 'invalid-store');
      assert.ok(error.message.includes(JSON.stringify(hostile)), error.message);
      assert.equal(existsSync(path.join(folder, 'hostile')), false);
    });
  }

  it('notices that less arrived than was announced', async () => {
    const repository = fake({ list: async () => [{ path: 'a.txt', size: 100, tag: null }] });
    const error = await rejects(downloadTree(repository, path.join(folder, 'short')), 'unreachable');
    assert.match(error.message, /5 of its 100 bytes/);
  });

  it('uploads MLmodel when everything else is there', async () => {
    const source = path.join(folder, 'model');
    mkdirSync(path.join(source, 'zz'), { recursive: true });
    for (const name of ['MLmodel', 'a.txt', 'zz/last.txt']) writeFileSync(path.join(source, name), name);
    const order: string[] = [];
    await uploadTree(
      source,
      fake({
        put: async (name) => {
          order.push(name);
        },
      }),
    );
    assert.equal(order.at(-1), 'MLmodel');
    assert.equal(order.length, 3);
  });

  it('uploads no MLmodel when something before it failed', async () => {
    const source = path.join(folder, 'failing');
    mkdirSync(source);
    for (const name of ['MLmodel', 'a.txt']) writeFileSync(path.join(source, name), name);
    const order: string[] = [];
    const put = async (name: string) => {
      order.push(name);
      throw new EngineError('unreachable', 'The server is gone.');
    };
    await rejects(uploadTree(source, fake({ put })), 'unreachable');
    assert.deepEqual(order, ['a.txt']);
  });
});

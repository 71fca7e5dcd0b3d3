import * as assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Artifacts } from '../../../src/engine/artifacts/artifacts.ts';
import { ArtifactCache } from '../../../src/engine/artifacts/cache.ts';
import { LocalRepository } from '../../../src/engine/artifacts/local.ts';
import type { ArtifactRepository } from '../../../src/engine/artifacts/repository.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

/** A folder that plays a server: what lies in it can only be had by copying. */
class Remote extends LocalRepository implements ArtifactRepository {
  opened: string[] = [];

  override open(name: string, signal?: AbortSignal) {
    this.opened.push(name);
    return super.open(name, signal);
  }
}

describe('The artifacts of a store', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  let remote: Remote;
  let artifacts: Artifacts;
  let cacheFolder: string;
  let count = 0;

  beforeEach(() => {
    const place = path.join(folder, String(count++));
    remote = new Remote(path.join(place, 'server'));
    cacheFolder = path.join(place, 'cache');
    artifacts = new Artifacts({
      localFolder: (uri) => (uri.includes('://') ? null : path.resolve(place, uri)),
      remotes: [() => null, (uri) => (uri.startsWith('far://') ? remote : null)],
      cacheFolder,
    });
  });

  const write = (uri: string, files: Record<string, string>) =>
    artifacts.write(uri, (target) => {
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(target, name), text);
      return target;
    });

  it('are written straight into a folder of this machine', async () => {
    const target = await write('local/run', { 'a.txt': 'a' });
    assert.equal(target, artifacts.localFolder('local/run'));
    assert.equal(await artifacts.folder('local/run'), target);
    assert.equal(existsSync(cacheFolder), false);
  });

  it('are written into a private folder first when they belong elsewhere', async () => {
    const target = await write('far://run', { 'a.txt': 'a', MLmodel: 'm' });
    assert.equal(existsSync(target), false);
    assert.deepEqual(readdirSync(remote.location).sort(), ['MLmodel', 'a.txt']);
    assert.deepEqual(readdirSync(cacheFolder), []);
  });

  it('are not uploaded when writing them failed', async () => {
    const failing = artifacts.write('far://run', (target) => {
      writeFileSync(path.join(target, 'a.txt'), 'a');
      throw new EngineError('disk-full', 'No space.');
    });
    await rejects(failing, 'disk-full');
    assert.equal(existsSync(remote.location), false);
    assert.deepEqual(readdirSync(cacheFolder), []);
  });

  it('are null where there is nothing', async () => {
    assert.equal(await artifacts.folder('local/none'), null);
    assert.equal(await artifacts.folder('far://none'), null);
    assert.equal(await artifacts.file('far://none', 'a.txt'), null);
    assert.equal(await artifacts.file('local/none', 'a.txt'), null);
    assert.deepEqual(await artifacts.list('far://none'), []);
  });

  it('say which places nobody here can open', async () => {
    const error = await rejects(artifacts.folder('gs://bucket/run'), 'unsupported');
    assert.match(error.message, /gs:\/\/bucket\/run/);
  });

  it('are copied once, as long as names and sizes stay the same', async () => {
    await write('far://run', { 'a.txt': 'one', 'b.txt': 'two' });
    const first = (await artifacts.folder('far://run'))!;
    assert.equal(readFileSync(path.join(first, 'a.txt'), 'utf8'), 'one');
    assert.equal(await artifacts.folder('far://run'), first);
    assert.equal(remote.opened.length, 2);
  });

  it('are copied again when they changed, and the first copy stays for those who read it', async () => {
    await write('far://run', { 'a.txt': 'one' });
    const first = (await artifacts.folder('far://run'))!;
    await write('far://run', { 'a.txt': 'longer' });
    const second = (await artifacts.folder('far://run'))!;
    assert.equal(readFileSync(path.join(second, 'a.txt'), 'utf8'), 'longer');
    assert.equal(readFileSync(path.join(first, 'a.txt'), 'utf8'), 'one');
  });

  it('are copied again for those who ask for what is there now', async () => {
    await write('far://run', { 'a.txt': 'one' });
    await artifacts.folder('far://run');
    await write('far://run', { 'a.txt': 'two' });
    const fresh = (await artifacts.folder('far://run', { fresh: true }))!;
    assert.equal(readFileSync(path.join(fresh, 'a.txt'), 'utf8'), 'two');
    assert.equal(await artifacts.folder('far://run'), fresh);
  });

  it('are copied again when somebody damaged the copy', async () => {
    await write('far://run', { 'a.txt': 'one' });
    const first = (await artifacts.folder('far://run'))!;
    writeFileSync(path.join(first, 'a.txt'), '');
    const second = (await artifacts.folder('far://run'))!;
    assert.equal(readFileSync(path.join(second, 'a.txt'), 'utf8'), 'one');
  });

  it('leave no half copy behind', async () => {
    await write('far://run', { 'a.txt': 'one', 'b.txt': 'two' });
    remote.open = () => Promise.reject(new EngineError('unreachable', 'gone'));
    await rejects(artifacts.folder('far://run'), 'unreachable');
    assert.deepEqual(readdirSync(cacheFolder), []);
  });

  it('do not trust a record that leads elsewhere', async () => {
    await write('far://run', { 'a.txt': 'one' });
    await artifacts.folder('far://run');
    const record = path.join(cacheFolder, readdirSync(cacheFolder).find((name) => name.endsWith('.json'))!);
    writeFileSync(record, readFileSync(record, 'utf8').replace(/"folder":"[^"]*"/, '"folder":"../server"'));
    const again = (await artifacts.folder('far://run'))!;
    assert.ok(again.startsWith(cacheFolder + path.sep));
  });
});

describe('The cache of artifacts', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  const longAgo = new Date(Date.now() - 3 * 3_600_000);

  it('forgets what was not used for longest when it is full', async () => {
    const cache = new ArtifactCache(path.join(folder, 'cache'), 25);
    const copyOf = async (name: string) => {
      const source = path.join(folder, name);
      mkdirSync(source, { recursive: true });
      writeFileSync(path.join(source, 'data'), '0123456789');
      return (await cache.folder(new LocalRepository(source), name))!;
    };
    const [first, second] = [await copyOf('first'), await copyOf('second')];
    for (const name of readdirSync(path.join(folder, 'cache'))) {
      utimesSync(path.join(folder, 'cache', name), longAgo, longAgo);
    }
    assert.equal(await copyOf('second'), second);
    const third = await copyOf('third');
    assert.deepEqual([first, second, third].map(existsSync), [false, true, true]);
  });

  it('leaves what was used a moment ago, though it is full', async () => {
    const cache = new ArtifactCache(path.join(folder, 'busy'), 1);
    const folders: string[] = [];
    for (const name of ['first', 'second']) {
      folders.push((await cache.folder(new LocalRepository(path.join(folder, name)), name))!);
    }
    assert.deepEqual(folders.map(existsSync), [true, true]);
  });
});

import * as assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtifactRepository } from '../../../src/engine/artifacts/repository.ts';
import { downloadTree, readWhole, uploadTree } from '../../../src/engine/artifacts/transfer.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

/** Enough for several parts. */
const bigFile = 20 * 2 ** 20;

/** An empty repository and how to be rid of it. */
export interface RepositoryFixture {
  repository: ArtifactRepository;
  dispose: () => Promise<void>;
}

/** Names that people give to files. */
const FILES: Record<string, string | Uint8Array> = {
  'model/MLmodel': 'flavors: {}\n',
  'model/model.onnx': randomBytes(70_000),
  'model/code/loader.py': 'pass\n',
  'ein Bericht (2).txt': 'größer als 50 % & mehr?',
  'a+b=c.json': '{}',
  'no#1.json': '{}',
  empty: '',
};

/**
 * What every ArtifactRepository does, whatever stands behind it.
 * @param refused names that what stands behind it refuses by its own rules, each with the place of the rule
 */
export function repositoryContract(
  name: string,
  makeRepository: () => Promise<RepositoryFixture>,
  refused: Record<string, string> = {},
): void {
  const files = Object.fromEntries(Object.entries(FILES).filter(([file]) => !(file in refused)));

  describe(`${name} keeps the ArtifactRepository contract`, () => {
    let repository: ArtifactRepository;
    let dispose: () => Promise<void>;
    const { folder, remove } = temporaryFolder();
    let place: string;

    beforeEach(async () => {
      ({ repository, dispose } = await makeRepository());
      place = path.join(folder, randomBytes(6).toString('hex'));
      mkdirSync(place);
    });

    afterEach(() => dispose());
    after(remove);

    const fill = (files: Record<string, string | Uint8Array>, where = 'from'): string => {
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(place, where, file)), { recursive: true });
        writeFileSync(path.join(place, where, file), content);
      }
      return path.join(place, where);
    };

    const paths = async (): Promise<string[]> => (await repository.list()).map((file) => file.path).sort();

    it('lists nothing while there is nothing', async () => {
      assert.deepEqual(await repository.list(), []);
    });

    it('gives back the tree that was put into it, byte for byte', async () => {
      await uploadTree(fill(files), repository);
      assert.deepEqual(await paths(), Object.keys(files).sort());
      const target = path.join(place, 'to');
      await downloadTree(repository, target);
      for (const [file, content] of Object.entries(files)) {
        assert.ok(readFileSync(path.join(target, file)).equals(Buffer.from(content)), file);
      }
    });

    it('tells the size of every file', async () => {
      await uploadTree(fill({ 'a.bin': randomBytes(1234), 'b/c.bin': randomBytes(5) }), repository);
      const sizes = Object.fromEntries((await repository.list()).map((file) => [file.path, file.size]));
      assert.deepEqual(sizes, { 'a.bin': 1234, 'b/c.bin': 5 });
    });

    it('lists as many files as were asked for', async () => {
      await uploadTree(fill({ a: '1', 'b/c': '2', 'b/d': '3', e: '4' }), repository);
      assert.equal((await repository.list({ most: 2 })).length, 2);
      assert.equal((await repository.list({ most: 9 })).length, 4);
    });

    it('reads one file, and says when there is none of that name', async () => {
      await uploadTree(fill(files), repository);
      assert.equal((await readWhole(repository, 'model/code/loader.py', 100)).toString(), 'pass\n');
      await rejects(readWhole(repository, 'model/missing.json', 100), 'not-found');
      await rejects(readWhole(repository, 'model', 100), 'not-found');
      await rejects(readWhole(repository, 'model/model.onnx', 1000), 'invalid-data');
    });

    it('replaces a file by the one that is put in its place', async () => {
      await uploadTree(fill({ 'a.txt': 'old and longer' }), repository);
      await uploadTree(fill({ 'a.txt': 'new' }), repository);
      assert.equal((await readWhole(repository, 'a.txt', 100)).toString(), 'new');
      assert.deepEqual(await paths(), ['a.txt']);
    });

    it('refuses names that lead out of it', async () => {
      const file = path.join(fill({ x: 'x' }), 'x');
      for (const hostile of ['../x', '/etc/passwd', 'a/../../x', 'a//b', 'a/./b', '', '..', 'a\\..\\b']) {
        await rejects(repository.put(hostile, file), 'invalid-store');
        await rejects(repository.open(hostile), 'invalid-store');
      }
      assert.deepEqual(await paths(), []);
    });

    it('streams a file of many megabytes, telling how far it is', async () => {
      const bytes = randomBytes(bigFile);
      const source = fill({ 'big.bin': bytes });
      const told: [number, number][] = [];
      await uploadTree(source, repository, { onBytes: (done, total) => told.push([done, total]) });
      assert.deepEqual(told.at(-1), [bigFile, bigFile]);
      assert.ok(told.length > 1 && told.every(([done], i) => i === 0 || done >= told[i - 1]![0]));
      const hash = createHash('sha256');
      await pipeline(await repository.open('big.bin'), new PassThrough(), hash);
      assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
    });

    it('stops in the middle of a transfer, and leaves no half file', async () => {
      const source = fill({ 'big.bin': randomBytes(bigFile) });
      const stop = new AbortController();
      const onBytes = () => stop.abort();
      await rejects(uploadTree(source, repository, { signal: stop.signal, onBytes }), 'cancelled');
      assert.deepEqual(await paths(), []);
      await uploadTree(source, repository);
      const again = new AbortController();
      const control = { signal: again.signal, onBytes: () => again.abort() };
      await rejects(downloadTree(repository, path.join(place, 'to'), control), 'cancelled');
    });

    it('asks nobody when it was cancelled before', async () => {
      const signal = AbortSignal.abort();
      await rejects(uploadTree(fill({ a: '1' }), repository, { signal }), 'cancelled');
      await rejects(downloadTree(repository, path.join(place, 'to'), { signal }), 'cancelled');
      assert.equal(existsSync(path.join(place, 'to')), false);
    });

    it('keeps many small files apart', async () => {
      const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`d${i % 7}/f${i}.txt`, `content ${i}`]));
      await uploadTree(fill(many), repository);
      await downloadTree(repository, path.join(place, 'to'));
      for (const [file, content] of Object.entries(many)) {
        assert.equal(readFileSync(path.join(place, 'to', file), 'utf8'), content);
      }
    });
  });
}

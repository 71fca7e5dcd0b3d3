import * as assert from 'node:assert/strict';
import fc from 'fast-check';
import { csvBlocks } from '../../../src/engine/batch/csv-blocks.ts';
import { SpareMemory } from '../../../src/engine/batch/spare-memory.ts';
import { CsvScanner } from '../../../src/engine/data/csv-scanner.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';

const COMMA = 44;

async function* chunks(bytes: Buffer, cuts: number[]): AsyncGenerator<Buffer> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    if (end > from) yield bytes.subarray(from, end);
    from = end;
  }
}

async function blocksOf(bytes: Buffer, cuts: number[], blockBytes: number, maxLineBytes = 1 << 20): Promise<Buffer[]> {
  const blocks: Buffer[] = [];
  const options = { delimiter: COMMA, blockBytes, maxLineBytes, memory: new SpareMemory() };
  for await (const block of csvBlocks(chunks(bytes, cuts), options)) blocks.push(block.bytes);
  return blocks;
}

function records(bytes: Buffer): string[][] {
  const scanner = new CsvScanner(bytes, ',');
  const found: string[][] = [];
  for (let count = scanner.next(); count > 0; count = scanner.next()) {
    found.push(Array.from({ length: count }, (_, field) => scanner.text(field)));
  }
  return found;
}

/** Fields with everything that makes cutting hard: quotes that open and stray ones, line ends inside and outside of quotes. */
const field = fc.oneof(
  fc.stringMatching(/^[a-z0-9. ]{0,6}$/),
  fc.stringMatching(/^[a-z]"[a-z"]{0,3}$/),
  fc.array(fc.constantFrom('a', ',', '\n', '\r\n', '""', ' '), { maxLength: 6 }).map((parts) => `"${parts.join('')}"`),
);
const csv = fc
  .array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 })
  .chain((rows) =>
    fc.constantFrom('\n', '\r\n').map((lineEnd) => rows.map((row) => `x,${row.join(',')}${lineEnd}`).join('')),
  )
  .chain((text) => fc.boolean().map((isOpen) => Buffer.from(isOpen ? text.replace(/\r?\n$/, '') : text)));

describe('Blocks of a CSV stream', () => {
  it('hold every byte once, and end where records end, however the stream is cut', () =>
    fc.assert(
      fc.asyncProperty(
        csv,
        fc.array(fc.nat(500), { maxLength: 20 }),
        fc.integer({ min: 1, max: 60 }),
        async (bytes, cuts, size) => {
          const blocks = await blocksOf(bytes, cuts, size);
          assert.deepEqual(Buffer.concat(blocks), bytes);
          assert.deepEqual(blocks.flatMap(records), records(bytes));
        },
      ),
      { numRuns: 2000 },
    ));

  it('refuse a record that is longer than the limit without keeping it', async () => {
    const endless = Buffer.from(`a,b\n1,"${'x'.repeat(5000)}`);
    const cuts = Array.from({ length: 100 }, (_, i) => i * 50);
    await assert.rejects(blocksOf(endless, cuts, 100, 1000), (error) => EngineError.is(error, 'invalid-data'));
    assert.equal((await blocksOf(Buffer.from(`${'a,b\n'.repeat(2000)}`), cuts, 1 << 20, 1000)).length, 1);
  });
});

import * as assert from 'node:assert/strict';
import { uniform } from '../../../src/engine/data/random.ts';
import { SHARE_BYTES, shortestDecimal, writeShare } from '../../../src/engine/data/share-text.ts';

function textOf(share: number): string {
  const bytes = Buffer.alloc(SHARE_BYTES + 3, '#');
  const end = writeShare(share, bytes, 3);
  assert.equal(bytes.toString('latin1', 0, 3), '###');
  return bytes.toString('latin1', 3, end);
}

/** The definition, word for word: the first precision whose decimal is read back as the same float32. */
function shortest(share: number): number {
  const texts = [7, 8, 9].map((digits) => share.toPrecision(digits));
  return Number(texts.find((text) => Math.fround(Number(text)) === share));
}

describe('shares as text', () => {
  it('are as short as numpy prints a float32', () => {
    const known = { 0.1: '0.1', 0.5: '0.5', 0.975109041: '0.97510904', 0.012345678: '0.012345678', 2e-6: '0.000002' };
    for (const [share, text] of Object.entries(known)) assert.equal(textOf(Math.fround(Number(share))), text);
    assert.equal(textOf(0), '0');
    assert.equal(textOf(1), '1');
  });

  it('are read back as the very same float32, whatever it is', () => {
    const random = uniform(7);
    for (let i = 0; i < 20_000; i++) {
      const share = Math.fround(random() ** (1 + (i % 8)));
      const text = textOf(share);
      assert.equal(Math.fround(Number(text)), share);
      assert.equal(Number(text), shortestDecimal(share));
      if (share >= 1e-6 && share < 1) assert.equal(Number(text), shortest(share));
      assert.ok(text.length <= SHARE_BYTES);
    }
  });

  it('of other numbers are what JavaScript prints', () => {
    for (const odd of [2.5, -0.25, Number.NaN, 1e-7]) assert.equal(textOf(odd), String(odd));
  });
});

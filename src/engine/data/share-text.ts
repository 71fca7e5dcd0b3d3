// Shares are float32 numbers from 0 to 1: probabilities as the model computes them.

/** Powers of ten; all of them are exact (10^22 would be too). */
const POWERS = Float64Array.from({ length: 17 }, (_, exponent) => 10 ** exponent);
const FEWEST_DIGITS = 7;
/** So many give any float32 back (IEEE 754-2019, 5.12.2). */
const MOST_DIGITS = 9;
/** Below it, numbers are printed with an exponent. */
const LEAST = 1e-6;

const ZERO = 48;
const POINT = 46;

/** Most bytes that {@link writeShare} writes. */
export const SHARE_BYTES = 32;

/**
 * The share as the shortest decimal that is read back as the same float32, the way numpy prints one: 0.1 and not
 * 0.10000000149011612.
 */
export function shortestDecimal(share: number): number {
  if (!(share >= LEAST && share < 1)) return share;
  const decimals = decimalsOf(share);
  return Math.round(share * POWERS[decimals]!) / POWERS[decimals]!;
}

/**
 * Writes {@link shortestDecimal} of a share as text. As bytes, digit by digit: printing numbers is what a batch would otherwise
 * spend its time on.
 * @param bytes with room for SHARE_BYTES behind `at`
 * @returns position behind the text
 */
export function writeShare(share: number, bytes: Uint8Array, at: number): number {
  if (share >= LEAST && share < 1) {
    const decimals = decimalsOf(share);
    return writeFraction(Math.round(share * POWERS[decimals]!), decimals, bytes, at);
  }
  let end = at;
  for (const sign of String(share)) bytes[end++] = sign.charCodeAt(0);
  return end;
}

/** How many decimals tell the share from its neighbours among the float32 numbers; there may be zeros among the last of them. */
function decimalsOf(share: number): number {
  let decimals = FEWEST_DIGITS;
  for (let scaled = share * 10; scaled < 1; scaled *= 10) decimals++;
  const most = decimals + MOST_DIGITS - FEWEST_DIGITS;
  while (decimals < most && Math.fround(Math.round(share * POWERS[decimals]!) / POWERS[decimals]!) !== share)
    decimals++;
  return decimals;
}

/** Writes `digits / 10^decimals`, which is greater than 0 and less than 1. */
function writeFraction(digits: number, decimals: number, bytes: Uint8Array, at: number): number {
  let rest = digits | 0;
  let places = decimals;
  for (let shorter = (rest / 10) | 0; shorter * 10 === rest; shorter = (rest / 10) | 0) {
    rest = shorter;
    places--;
  }
  bytes[at] = ZERO;
  bytes[at + 1] = POINT;
  const start = at + 2;
  for (let place = start + places - 1; place >= start; place--) {
    const higher = (rest / 10) | 0;
    bytes[place] = ZERO + (rest - higher * 10);
    rest = higher;
  }
  return start + places;
}

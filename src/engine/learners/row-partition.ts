/**
 * Moves the entries `from` to `to` whose row has `bin <= split` to the front, in order on both sides.
 * @param entries numbers whose upper bits, from `rowShift` on, are a row.
 * @param spare room for as many entries.
 * @returns where the other side starts.
 */
export function partitionRows(
  entries: Uint32Array,
  from: number,
  to: number,
  column: Uint8Array,
  split: number,
  rowShift: number,
  spare: Uint32Array,
): number {
  let left = from;
  let right = 0;
  // Both places are written and one of them moves on: no branch to mispredict.
  for (let i = from; i < to; i++) {
    const entry = entries[i]!;
    const goesLeft = +(column[entry >>> rowShift]! <= split);
    entries[left] = entry;
    spare[right] = entry;
    left += goesLeft;
    right += 1 - goesLeft;
  }
  for (let i = 0; i < right; i++) entries[left + i] = spare[i]!;
  return left;
}

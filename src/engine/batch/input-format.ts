/** What a batch reads, by the name's end. */
export type InputFormat = 'csv' | 'csv.gz' | 'parquet';

const ENDINGS: [RegExp, InputFormat][] = [
  [/\.csv$/i, 'csv'],
  [/\.csv\.gz$/i, 'csv.gz'],
  [/\.parquet$/i, 'parquet'],
];

/** The format of a file, undefined for one that is none of a batch's. */
export function inputFormat(name: string): InputFormat | undefined {
  return ENDINGS.find(([ending]) => ending.test(name))?.[1];
}

/** A name without its ending, and the ending. */
export function splitName(name: string): { stem: string; ending: string } {
  const ending = ENDINGS.map(([pattern]) => pattern.exec(name)?.[0]).findLast((found) => found !== undefined) ?? '';
  return { stem: name.slice(0, name.length - ending.length), ending };
}

import { renameSync } from 'node:fs';
import path from 'node:path';
import { flushFolder, removeIfPossible } from '../support/atomic-file.ts';
import type { JournalEntry } from './journal.ts';
import { partialName } from './score-file.ts';

/**
 * Where the rows of an input lie that was refused as a whole, because too many of them do not fit the model: in the folder of
 * outputs, under the input's whole name (`day.csv.refused.csv`), while everything that belongs to an output has its time and digest in the name.
 * There is at most one for an input; it is of the latest try.
 */
export function refusedInputFile({ input, output }: JournalEntry): string {
  return path.join(path.dirname(output), `${path.basename(input)}.refused.csv`);
}

/** Gives the refused rows of a try, which are on the disk, that name; in place of those of the try before. */
export function keepRefusedRows(entry: JournalEntry): void {
  const file = refusedInputFile(entry);
  renameSync(partialName(entry.refusedOutput), file);
  flushFolder(path.dirname(file));
}

/** What an earlier try found is not true any more. */
export function forgetRefusedRows(entry: JournalEntry): void {
  removeIfPossible(refusedInputFile(entry));
}

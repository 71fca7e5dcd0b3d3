import type { Command } from 'commander';
import { createDataset, type DatasetOptions } from '../../engine/setup/dataset.ts';
import type { Dispatch } from '../program.ts';
import { number, positiveInteger } from './option-values.ts';

interface Flags extends Omit<DatasetOptions, 'folder' | 'overwrite' | 'targetColumn'> {
  output: string;
  target: string;
  force?: boolean;
}

/** `gnu-mlops dataset` */
export function addDataset(program: Command, dispatch: Dispatch): Command {
  return program
    .command('dataset')
    .description('make synthetic training and test data')
    .option('--output <folder>', 'folder for train.csv and test.csv', 'data')
    .option('--rows <n>', 'training rows', positiveInteger, 1000)
    .option('--test-rows <n>', 'test rows; a quarter of the training rows unless given', positiveInteger)
    .option('--features <n>', 'numeric features', positiveInteger, 10)
    .option('--classes <n>', 'classes', positiveInteger, 2)
    .option('--noise <share>', 'share of rows whose class is drawn at random', number, 0.05)
    .option('--drift <sd>', 'how far the features of the test rows have moved, in standard deviations', number, 0)
    .option('--seed <n>', 'same seed, same bytes', number, 42)
    .option('--target <column>', 'name of the target column', 'target')
    .option('--force', 'replace files that exist')
    .action((flags: Flags) =>
      dispatch(flags, async () => {
        const { output, target, force, rows, testRows, features, classes, noise, drift, seed } = flags;
        const shape = { rows, testRows, features, classes, noise, drift, seed };
        const result = createDataset({ ...shape, folder: output, targetColumn: target, overwrite: force });
        return { document: result, text: result.files.map((made) => `${made.file}  ${made.rows} rows`).join('\n') };
      }),
    );
}

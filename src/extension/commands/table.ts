import type { CommandDefinition } from './command.ts';
import { deployProduction, deployStaging, promoteVersion, showPlan } from './deploy.ts';
import { info, infoAt, validate } from './info.ts';
import { predict } from './predict.ts';
import { adopt, repair, restore } from './repair.ts';
import { rollback, rollbackToVersion } from './rollback.ts';
import { compareRuns, openRun, searchRuns, showRunLog } from './runs.ts';
import { clean, dataset, init } from './setup.ts';
import { train } from './train.ts';
import { copyId, loadMore, openConfig, projectMenu, refresh, selectConfig, showLog } from './views.ts';

/** Every command of the extension. package.json's `contributes` says the same; a test compares the two. */
export const COMMANDS: readonly CommandDefinition[] = [
  init,
  validate,
  train,
  deployStaging,
  deployProduction,
  promoteVersion,
  showPlan,
  rollback,
  rollbackToVersion,
  info,
  infoAt,
  searchRuns,
  openRun,
  compareRuns,
  predict,
  dataset,
  repair,
  adopt,
  restore,
  showRunLog,
  clean,
  refresh,
  showLog,
  selectConfig,
  openConfig,
  projectMenu,
  loadMore,
  copyId,
];

import { batch, batchFile, batchPlan, previewBatch } from './batch.ts';
import type { CommandDefinition } from './command.ts';
import { copyStore } from './copy.ts';
import { databricksDeploy, databricksSetup, databricksStatus } from './databricks.ts';
import { deployProduction, deployStaging, promoteVersion, showPlan } from './deploy.ts';
import { info, infoAt, validate } from './info.ts';
import { predict } from './predict.ts';
import { adopt, repair, restore } from './repair.ts';
import { retrain, retrainPlan } from './retrain.ts';
import { rollback, rollbackToVersion } from './rollback.ts';
import { compareRuns, openLog, openRun, searchRuns, showRunLog } from './runs.ts';
import { schedulePause, scheduleRemove, scheduleResume, scheduleRun } from './schedule.ts';
import { scheduleAdd } from './schedule-add.ts';
import { installCommandLine, scheduleInstall, scheduleUninstall } from './schedule-install.ts';
import { clean, dataset, init } from './setup.ts';
import { signIn, signOut } from './sign-in.ts';
import { train } from './train.ts';
import { copyId, loadMore, openConfig, projectMenu, refresh, selectConfig, showLog } from './views.ts';

/** Every command of the extension. package.json's `contributes` says the same; a test compares the two. */
export const COMMANDS: readonly CommandDefinition[] = [
  init,
  validate,
  signIn,
  signOut,
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
  batch,
  batchFile,
  batchPlan,
  previewBatch,
  retrain,
  retrainPlan,
  scheduleAdd,
  scheduleRun,
  schedulePause,
  scheduleResume,
  scheduleRemove,
  scheduleInstall,
  scheduleUninstall,
  installCommandLine,
  dataset,
  copyStore,
  databricksSetup,
  databricksDeploy,
  databricksStatus,
  repair,
  adopt,
  restore,
  showRunLog,
  openLog,
  clean,
  refresh,
  showLog,
  selectConfig,
  openConfig,
  projectMenu,
  loadMore,
  copyId,
];

import path from 'node:path';
import { loadConfig } from '../../../engine/config/load.ts';
import { copy } from '../../../engine/copying/copy.ts';
import { deploy, planDeploy } from '../../../engine/deployment/deploy.ts';
import { info } from '../../../engine/deployment/info.ts';
import { repair } from '../../../engine/deployment/repair.ts';
import { planRollback, rollback } from '../../../engine/deployment/rollback.ts';
import { type CleanResult, clean } from '../../../engine/housekeeping/clean.ts';
import { readLogs } from '../../../engine/housekeeping/logs.ts';
import { predict } from '../../../engine/prediction/predict.ts';
import { type Project, requireWritable } from '../../../engine/project.ts';
import { createDataset } from '../../../engine/setup/dataset.ts';
import { initProject } from '../../../engine/setup/init.ts';
import { signIn, waysToSignIn } from '../../../engine/setup/sign-in.ts';
import { validate } from '../../../engine/setup/validate.ts';
import { EngineError } from '../../../engine/support/errors.ts';
import { train } from '../../../engine/training/train.ts';
import type { EngineApi, PredictRequest, ProjectRef } from '../../../protocol/engine-api.ts';
import type { ProjectPool } from './project-pool.ts';
import type { Requests } from './requests.ts';

type Operations = Pick<
  EngineApi,
  | 'train'
  | 'planDeploy'
  | 'deploy'
  | 'planRollback'
  | 'rollback'
  | 'info'
  | 'predict'
  | 'validate'
  | 'waysToSignIn'
  | 'signIn'
  | 'useCredentials'
  | 'copy'
  | 'repair'
  | 'initProject'
  | 'createDataset'
  | 'cleanProject'
  | 'readLog'
>;

/** The engine's operations, as the editor asks for them. */
export function operations(pool: ProjectPool, requests: Requests): Operations {
  /** Plans and questions: they need a store that is there. */
  const ask = <T>(ref: ProjectRef, use: (project: Project) => Promise<T>) => pool.read(ref, noStore, use);
  return {
    train: (ref, options, requestId) =>
      requests.run(requestId, (control) =>
        pool.write(ref, (project) => train(project, { ...options, ...control }), {
          createStore: true,
          signal: control.signal,
        }),
      ),
    planDeploy: (ref, request) => ask(ref, (project) => planDeploy(project, request)),
    deploy: (ref, request) => pool.write(ref, (project) => deploy(project, request)),
    planRollback: (ref, request) => ask(ref, (project) => planRollback(project, request)),
    rollback: (ref, request) => pool.write(ref, (project) => rollback(project, request)),
    info: (ref, options) => ask(ref, (project) => info(project, { ...options, history: true })),
    predict: (ref, request, requestId) =>
      requests.run(requestId, (control) =>
        ask(ref, (project) => predict(project, { ...predictOptions(request), ...control })),
      ),
    validate: ({ configFile, trusted }) => validate({ configFile, env: pool.envOf(configFile), isOffline: !trusted }),
    waysToSignIn: ({ configFile }) => waysToSignIn({ configFile, env: pool.envOf(configFile) }),
    signIn: ({ configFile, trusted }, credentials, save) =>
      signIn({ configFile, credentials, save, readOnly: !trusted, isOffline: !trusted }),
    useCredentials: ({ configFile }, credentials) => pool.useCredentials(configFile, credentials),
    copy: ({ configFile, trusted }, request, requestId) =>
      requests.run(requestId, (control) =>
        copy(
          { configFile, env: pool.envOfBoth(configFile, request.to), readOnly: !trusted, isOffline: !trusted },
          { ...request, ...control },
        ),
      ),
    repair: (ref, mode, notes) => pool.write(ref, (project) => repair(project, { mode, notes })),
    initProject: (folder, replace) =>
      initProject({ folder, mayReplace: async (file) => replace.includes(path.basename(file)) }),
    createDataset: async (request) => createDataset(request),
    cleanProject: async (ref, { dryRun }) => cleanUp(ref, dryRun),
    readLog: async ({ configFile }, which) => readLogs(path.dirname(configFile), which),
  };
}

/** Needs no store, only the configuration. */
function cleanUp({ configFile, trusted }: ProjectRef, dryRun: boolean): CleanResult {
  requireWritable({ readOnly: !trusted });
  const { config } = loadConfig({ file: configFile });
  return clean({ baseDir: path.dirname(configFile), config, now: new Date(), dryRun });
}

function noStore(): never {
  throw new EngineError('not-found', 'Nothing has been trained yet: there is no store.', {
    fix: 'Train a model first.',
  });
}

function predictOptions({ input, stage, version, strict, output }: PredictRequest) {
  return {
    input,
    select: version === undefined ? { stage: stage ?? ('GNU_Production' as const) } : { version },
    strict: strict ?? false,
    ...(output === undefined ? {} : { output: { file: output } }),
  };
}

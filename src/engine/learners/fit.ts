import type { OperationControl } from '../support/progress.ts';
import { fitHere } from './fit-here.ts';
import type { GrownTree } from './grown-tree.ts';
import { resolveHyperparameters } from './hyperparameters.ts';
import { KernelPool } from './kernel-pool.ts';
import type { KernelReply, KernelTask } from './kernel-task.ts';
import type { Algorithm, FitOptions, FittedEnsemble, Hyperparameters, TrainingSet } from './learner.ts';
import { estimatedMs, requireTrainable } from './learner-limits.ts';
import { Pace } from './pace.ts';
import { binSet, forestParameters, joinForest } from './random-forest.ts';

/** Work shorter than this is done before a thread would have started to help. */
const WORTH_THREADS_MS = 150;

/**
 * Learns trees from `set`. Same seed, same ensemble, whatever `options.threads` is. Progress counts trees.
 * @throws EngineError `invalid-config` for wrong hyper-parameters, `invalid-data` for rows that nothing can be learned
 *   from, `unsupported` for what the learner cannot do, `cancelled`.
 */
export async function fitEnsemble(
  algorithm: Algorithm,
  set: TrainingSet,
  options: FitOptions,
): Promise<FittedEnsemble> {
  const values = resolveHyperparameters(algorithm, options.hyperparameters);
  const seed = seedOf(values, options);
  requireTrainable(set);
  if (estimatedMs(algorithm, set, values) < WORTH_THREADS_MS) return fitHere(algorithm, set, values, seed, options);
  if (algorithm === 'random_forest') return growForest(set, values, seed, options);
  const [fitted] = await fitOnThreads([{ kind: 'fit', algorithm, set, values, seed }], values, options);
  return fitted!;
}

/**
 * Learns an ensemble from each of `sets`, such as the folds of a cross-validation: at once on several threads when the
 * work is worth it, one thread each. Each is what `fitEnsemble` would have made of its set.
 */
export async function fitEnsembles(
  algorithm: Algorithm,
  sets: readonly TrainingSet[],
  options: FitOptions,
): Promise<FittedEnsemble[]> {
  if (sets.length === 1) return [await fitEnsemble(algorithm, sets[0]!, options)];
  const values = resolveHyperparameters(algorithm, options.hyperparameters);
  const seed = seedOf(values, options);
  for (const set of sets) requireTrainable(set);
  const estimate = sets.reduce((total, set) => total + estimatedMs(algorithm, set, values), 0);
  if (estimate < WORTH_THREADS_MS) return fitOneByOne(algorithm, sets, values, seed, options);
  const tasks = sets.map((set): KernelTask => ({ kind: 'fit', algorithm, set, values, seed }));
  return fitOnThreads(tasks, values, options);
}

function seedOf({ random_state: given }: Hyperparameters, { seed }: FitOptions): number {
  return given === null ? seed : Number(given);
}

async function fitOneByOne(
  algorithm: Algorithm,
  sets: readonly TrainingSet[],
  values: Hyperparameters,
  seed: number,
  { signal, onProgress }: OperationControl,
): Promise<FittedEnsemble[]> {
  const total = sets.length * Number(values.n_estimators);
  const fitted: FittedEnsemble[] = [];
  for (const [index, set] of sets.entries()) {
    const before = (total / sets.length) * index;
    const report: OperationControl['onProgress'] =
      onProgress && (({ phase, done }) => onProgress({ phase, done: before + done, total }));
    fitted.push(await fitHere(algorithm, set, values, seed, { signal, onProgress: report }));
  }
  return fitted;
}

/** Whole fits, one thread each. */
async function fitOnThreads(
  tasks: readonly KernelTask[],
  values: Hyperparameters,
  options: FitOptions,
): Promise<FittedEnsemble[]> {
  const pace = new Pace(options, tasks.length * Number(values.n_estimators));
  const pool = new KernelPool(Math.min(options.threads, tasks.length), options.signal);
  try {
    const fitted = await pool.run(tasks, (reply) => {
      if (reply.kind === 'steps') pace.count(reply.count);
    });
    return fitted.map((each) => each!);
  } finally {
    await pool.close();
  }
}

/** One forest on all threads, which start up while this one bins the features they will share. */
async function growForest(
  set: TrainingSet,
  values: Hyperparameters,
  seed: number,
  options: FitOptions,
): Promise<FittedEnsemble> {
  const parameters = forestParameters(set, values, seed);
  const pace = new Pace(options, parameters.treeCount);
  const pool = new KernelPool(Math.min(options.threads, parameters.treeCount), options.signal);
  try {
    const binned = await binSet(set, pace);
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const trees: GrownTree[] = new Array(parameters.treeCount);
    const onReply = (reply: KernelReply): void => {
      if (reply.kind !== 'tree') return;
      trees[reply.index] = reply.tree;
      pace.count(1);
    };
    await pool.run(
      Array.from({ length: options.threads }, () => ({ kind: 'grow', set: binned, parameters, counter })),
      onReply,
    );
    return joinForest(trees, set.classCount);
  } finally {
    await pool.close();
  }
}

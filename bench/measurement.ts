import path from 'node:path';
import { rocAuc } from '../src/engine/evaluation/curves.ts';
import { readFloats, readTruth } from './data-set.ts';
import { MeasuredProcess } from './process.ts';
import { type Contestant, PREDICTION, type TrainingScenario } from './scenarios.ts';

/** Pairs of ours and theirs, one after the other, so that whatever else the machine does meets both. */
export const PAIRS = 5;

export interface Side {
  label: string;
  /** Median of the pairs. */
  seconds: number;
  /** Mean area under the ROC curve over the held-out rows; null when only speed was measured. */
  auc: number | null;
  /** Most memory the process held, data included; null when the system does not say. */
  peakMegabytes: number | null;
}

export interface Comparison {
  name: string;
  data: string;
  ours: Side;
  peer: Side;
  /** Median over the pairs of our time divided by the peer's. */
  ratio: number;
  /** Largest difference between the two sides' probabilities, where both ran the same model. */
  largestDifference: number | null;
  /** Bounds that were missed, in words. */
  missed: string[];
}

/** Where the data lies, and the Python to run. */
export interface Workshop {
  folder: string;
  python: string;
}

function start(runtime: Contestant['runtime'], { python }: Workshop): MeasuredProcess {
  const here = import.meta.dirname;
  if (runtime === 'python') return new MeasuredProcess(python, [path.join(here, 'peer.py')]);
  return new MeasuredProcess(process.execPath, [path.join(here, 'ours.ts')]);
}

/** Has Python write the data sets into the workshop's folder. */
export async function generateData(rows: readonly number[], workshop: Workshop): Promise<void> {
  const python = start('python', workshop);
  try {
    await python.ask('generate', { folder: workshop.folder, rows });
  } finally {
    await python.close();
  }
}

/** Trains both sides in turns, each with the pair's seed, and scores the rows held out. */
export async function compareTraining(scenario: TrainingScenario, workshop: Workshop): Promise<Comparison> {
  const { data, bound } = scenario;
  const contestants = [scenario.ours, scenario.peer];
  const processes = contestants.map(({ runtime }) => start(runtime, workshop));
  const seconds: number[][] = [[], []];
  const aucs: number[][] = [[], []];
  const truth = readTruth(workshop.folder, data);
  const file = path.join(workshop.folder, 'scores.bin');
  try {
    for (const each of processes) await each.ask('load', { folder: workshop.folder, data });
    for (let pair = 0; pair < PAIRS; pair++) {
      for (const [side, each] of processes.entries()) {
        const { learner, parameters } = contestants[side]!;
        seconds[side]!.push(await each.seconds('fit', { learner, parameters, seed: pair }));
        await each.ask('scores', { file });
        aucs[side]!.push(rocAuc(truth, readFloats(file)));
      }
    }
    const sides: Side[] = [];
    for (const [side, each] of processes.entries()) {
      const { label } = contestants[side]!;
      const peakMegabytes = await each.peakMegabytes();
      sides.push({ label, seconds: median(seconds[side]!), auc: mean(aucs[side]!), peakMegabytes });
    }
    const [ours, peer] = sides as [Side, Side];
    const ratio = median(seconds[0]!.map((time, pair) => time / seconds[1]![pair]!));
    const missed = bound === undefined ? [] : missedTraining(bound, ratio, ours.auc! - peer.auc!);
    return { name: scenario.name, data, ours, peer, ratio, largestDifference: null, missed };
  } finally {
    await Promise.all(processes.map((each) => each.close()));
  }
}

function missedTraining(bound: { ratio: number; auc: number }, ratio: number, aucDifference: number): string[] {
  const missed: string[] = [];
  if (!(ratio <= bound.ratio)) missed.push(`takes ${ratio.toFixed(3)} of the peer's time, more than ${bound.ratio}`);
  if (!(Math.abs(aucDifference) <= bound.auc)) {
    missed.push(`AUC differs by ${aucDifference.toFixed(4)}, more than ${bound.auc}`);
  }
  return missed;
}

/** Forests of the same size, trees alone, both on one thread. */
export async function comparePrediction(workshop: Workshop): Promise<Comparison> {
  const ours = start('node', workshop);
  const peer = start('python', workshop);
  try {
    await fitForPrediction(ours, 'random_forest', { ...PREDICTION.forest }, workshop);
    await fitForPrediction(peer, 'RandomForestClassifier', { ...PREDICTION.forest, n_jobs: -1 }, workshop);
    const comparison = await comparePairs(ours, peer, 'predict', workshop);
    const missed =
      1 / comparison.ratio >= PREDICTION.bound
        ? []
        : [`is ${(1 / comparison.ratio).toFixed(2)} times as fast as the peer, less than ${PREDICTION.bound}`];
    return named(comparison, 'predict, trees alone', ['our scorer', 'scikit-learn predict_proba, n_jobs=1'], missed);
  } finally {
    await Promise.all([ours.close(), peer.close()]);
  }
}

/** One exported model, the whole graph, both on one thread. */
export async function compareOnnx(workshop: Workshop): Promise<Comparison> {
  const ours = start('node', workshop);
  const peer = start('python', workshop);
  const file = path.join(workshop.folder, 'model.onnx');
  try {
    await fitForPrediction(ours, 'random_forest', { ...PREDICTION.forest }, workshop);
    await ours.ask('export_onnx', { file });
    await peer.ask('load', { folder: workshop.folder, data: PREDICTION.data });
    await peer.ask('load_onnx', { file });
    const comparison = await comparePairs(ours, peer, 'predict_onnx', workshop);
    const [a, b] = [readFloats(scoresFile(workshop, 0)), readFloats(scoresFile(workshop, 1))];
    const largestDifference = a.reduce((most, value, row) => Math.max(most, Math.abs(value - b[row]!)), 0);
    const labels = ['our graph runner', 'onnxruntime, 1 thread'] as const;
    return { ...named(comparison, 'predict, the same model.onnx', labels, []), largestDifference };
  } finally {
    await Promise.all([ours.close(), peer.close()]);
  }
}

async function fitForPrediction(
  process: MeasuredProcess,
  learner: string,
  parameters: Record<string, number>,
  { folder }: Workshop,
): Promise<void> {
  await process.ask('load', { folder, data: PREDICTION.data });
  await process.ask('fit', { learner, parameters, seed: 0 });
}

type Unnamed = Pick<Comparison, 'ratio'> & { sides: Omit<Side, 'label'>[] };

async function comparePairs(
  ours: MeasuredProcess,
  peer: MeasuredProcess,
  command: string,
  workshop: Workshop,
): Promise<Unnamed> {
  const seconds: number[][] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const [side, each] of [ours, peer].entries()) {
      seconds[side]!.push(await each.seconds(command, { file: scoresFile(workshop, side) }));
    }
  }
  const memory = [await ours.peakMegabytes(), await peer.peakMegabytes()];
  const sides = seconds.map((times, side) => ({ seconds: median(times), auc: null, peakMegabytes: memory[side]! }));
  return { sides, ratio: median(seconds[0]!.map((time, pair) => time / seconds[1]![pair]!)) };
}

function scoresFile({ folder }: Workshop, side: number): string {
  return path.join(folder, `scores-${side}.bin`);
}

function named(
  { sides, ratio }: Unnamed,
  name: string,
  labels: readonly [string, string],
  missed: string[],
): Comparison {
  const [ours, peer] = sides.map((side, i) => ({ ...side, label: labels[i]! })) as [Side, Side];
  return { name, data: PREDICTION.data, ours, peer, ratio, largestDifference: null, missed };
}

/** The middle value; of an even number the greater of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// Our side of the benchmarks: one process per measurement, one JSON message per line in and out, as peer.py.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fitEnsemble } from '../src/engine/learners/fit.ts';
import { resolveHyperparameters } from '../src/engine/learners/hyperparameters.ts';
import type { Algorithm, Hyperparameters, TreeEnsemble } from '../src/engine/learners/learner.ts';
import { convertForest, trainPackageForest } from '../src/engine/learners/ml-random-forest.ts';
import { EnsembleScorer } from '../src/engine/learners/scoring.ts';
import { GraphRunner } from '../src/engine/model/graph-runner.ts';
import type { OnnxModel } from '../src/engine/model/onnx-model.ts';
import { encodeOnnx } from '../src/engine/model/onnx-writer.ts';
import { buildGraph } from '../src/engine/model/pipeline-graph.ts';
import { floatTensor } from '../src/engine/model/tensor.ts';
import { type DataSet, readDataSet } from './data-set.ts';

interface Message {
  command: string;
  folder: string;
  data: string;
  learner: string;
  parameters: Hyperparameters;
  seed: number;
  file: string;
}

let data: DataSet;
let ensemble: TreeEnsemble;
let graph: OnnxModel;

const commands: Record<string, (message: Message) => unknown> = {
  load: ({ folder, data: name }) => {
    data = readDataSet(folder, name);
  },
  fit,
  /** Raw outputs rank rows as probabilities do, and the area under the curve asks for no more. */
  scores: ({ file }) =>
    writeFileSync(file, new EnsembleScorer(ensemble).score(data.testMatrix, data.testRows, data.featureCount)),
  predict: () =>
    timed(() => new EnsembleScorer(ensemble).score(data.trainMatrix, data.train.rowCount, data.featureCount)),
  export_onnx: ({ file }) => {
    graph = pipelineGraph();
    writeFileSync(file, encodeOnnx(graph));
  },
  predict_onnx: predictGraph,
  memory: () => ({ peakMegabytes: process.resourceUsage().maxRSS / 1024 }),
};

async function fit({ learner, parameters, seed }: Message): Promise<{ seconds: number }> {
  if (learner === 'ml-random-forest') return fitPackage(parameters, seed);
  const options = { hyperparameters: parameters, seed, threads: availableParallelism() };
  const start = performance.now();
  ({ ensemble } = await fitEnsemble(learner as Algorithm, data.train, options));
  return { seconds: (performance.now() - start) / 1000 };
}

/** The package on its own, without our threads. */
async function fitPackage(parameters: Hyperparameters, seed: number): Promise<{ seconds: number }> {
  const values = resolveHyperparameters('ml_random_forest', parameters);
  const start = performance.now();
  const forest = await trainPackageForest(data.train, values, seed);
  const seconds = (performance.now() - start) / 1000;
  ({ ensemble } = convertForest(forest, data.train));
  return { seconds };
}

/** The ensemble as the product stores it, with preprocessing that changes nothing. */
function pipelineGraph(): OnnxModel {
  const unchanged = { type: 'double' as const, imputed: 0, offset: 0, scale: 1 };
  const features = data.train.columns.map((_, i) => ({ ...unchanged, name: `feature_${i}` }));
  return buildGraph({ features, classes: [0, 1], targetType: 'long', ensemble });
}

function predictGraph({ file }: Message): { seconds: number } {
  const feeds = new Map(data.train.columns.map((column, i) => [`feature_${i}`, floatTensor([column.length], column)]));
  const start = performance.now();
  const probability = new GraphRunner(graph).run(feeds).get('probability')!;
  const seconds = (performance.now() - start) / 1000;
  writeFileSync(file, probability.data as Float32Array);
  return { seconds };
}

function timed(work: () => unknown): { seconds: number } {
  const start = performance.now();
  work();
  return { seconds: (performance.now() - start) / 1000 };
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as Message;
  console.log(JSON.stringify((await commands[message.command]!(message)) ?? {}));
}

// Measures learners, scorer, batch and stores side by side with their peers. Exits with 1 when a stated bound is missed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installPythonEnvironment, pythonEnvironment } from '../test/harness/python.ts';
import { BATCHES, compareBatch } from './batch.ts';
import {
  type Comparison,
  compareOnnx,
  comparePrediction,
  compareTraining,
  generateData,
  type Workshop,
} from './measurement.ts';
import { reportJson, reportTable } from './report.ts';
import { SYNTHETIC_ROWS, TRAINING } from './scenarios.ts';
import { compareServer, SERVER } from './server.ts';
import { compareStore, STORES } from './stores.ts';

const { json, only = '' } = parseArgs({
  options: {
    /** Where to write the JSON report; it goes to the screen otherwise. */
    json: { type: 'string' },
    /** Measure only what has this text in its name, data or peer. */
    only: { type: 'string' },
  },
}).values;

/** The interop ring's environment, unless GNU_MLOPS_BENCH_PYTHON names a Python with scikit-learn and onnxruntime. */
async function findPython(): Promise<string> {
  const given = process.env.GNU_MLOPS_BENCH_PYTHON;
  if (given !== undefined) return given;
  await installPythonEnvironment('mlflow3');
  return pythonEnvironment('mlflow3');
}

async function measure(workshop: Workshop): Promise<Comparison[]> {
  await generateData(SYNTHETIC_ROWS, workshop);
  const wanted = [
    ...TRAINING.map((scenario) => ({
      title: `${scenario.name}: ${scenario.data}, ${scenario.peer.label}`,
      run: () => compareTraining(scenario, workshop),
    })),
    { title: 'predict: trees alone, scikit-learn', run: () => comparePrediction(workshop) },
    { title: 'predict: the same model.onnx, onnxruntime', run: () => compareOnnx(workshop) },
    ...BATCHES.map((scenario) => ({ title: scenario.name, run: () => compareBatch(scenario, workshop) })),
    ...STORES.map((scenario) => ({ title: scenario.name, run: () => compareStore(scenario, workshop) })),
    ...SERVER.map((scenario) => ({ title: scenario.name, run: () => compareServer(scenario, workshop) })),
  ].filter(({ title }) => title.includes(only));
  const comparisons: Comparison[] = [];
  for (const { title, run } of wanted) {
    process.stderr.write(`${title}\n`);
    comparisons.push(await run());
  }
  return comparisons;
}

const folder = await mkdtemp(path.join(tmpdir(), 'gnu-mlops-bench-'));
try {
  const comparisons = await measure({ folder, python: await findPython() });
  console.log(reportTable(comparisons));
  const report = reportJson(comparisons, new Date());
  if (json === undefined) console.log(report);
  else await writeFile(json, `${report}\n`);
  for (const { name, data, missed } of comparisons) {
    for (const bound of missed) console.error(`Bound missed: ${name}, ${data}: ${bound}.`);
    if (missed.length > 0) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TrainingSet } from '../src/engine/learners/learner.ts';

/** A generated data set: what to learn from, and rows held out; matrices are float32, row by row. */
export interface DataSet {
  featureCount: number;
  train: TrainingSet;
  trainMatrix: Float32Array;
  testMatrix: Float32Array;
  testRows: number;
}

interface Shape {
  features: number;
  trainRows: number;
  testRows: number;
}

/** Reads what peer.py wrote. */
export function readDataSet(folder: string, name: string): DataSet {
  const stem = path.join(folder, name);
  const shape = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as Shape;
  const trainMatrix = readFloats(`${stem}.train.x`);
  const columns = Array.from({ length: shape.features }, (_, feature) =>
    Float32Array.from({ length: shape.trainRows }, (_, row) => trainMatrix[row * shape.features + feature]!),
  );
  const labels = Int32Array.from(readFileSync(`${stem}.train.y`));
  return {
    featureCount: shape.features,
    train: { columns, rowCount: shape.trainRows, labels, classCount: 2, weights: null },
    trainMatrix,
    testMatrix: readFloats(`${stem}.test.x`),
    testRows: shape.testRows,
  };
}

export function readFloats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** 1 for each held-out row of the positive class. */
export function readTruth(folder: string, name: string): Uint8Array {
  return Uint8Array.from(readFileSync(path.join(folder, `${name}.test.y`)));
}

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { withoutSecrets } from '../config/secrets.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import { writeModelFolder } from '../model/model-folder.ts';
import type { Pipeline } from '../model/pipeline.ts';
import { type ModelProfile, profileColumn } from '../model/profile.ts';
import { inferSignature } from '../model/signature.ts';
import type { Project } from '../project.ts';
import type { OperationControl } from '../support/progress.ts';
import type { Run } from '../tracking/store.ts';
import type { TrainingData } from './training-data.ts';

/** Where the model folder lies among a run's artifacts. */
export const MODEL_ARTIFACT = 'model';

export const EVALUATION_ARTIFACT = 'evaluation.json';

const EXAMPLE_ROWS = 5;

export interface TrainedRun {
  project: Project;
  data: TrainingData;
  pipeline: Pipeline;
  evaluation: Evaluation;
  run: Run;
}

/**
 * Writes the run's artifacts: model, evaluation, quality report, preprocessing and the effective configuration.
 * @returns digest of the model folder
 */
export function writeArtifacts(trained: TrainedRun, control: OperationControl): Promise<string> {
  const { store } = trained.project;
  return store.artifacts.write(trained.run.artifactUri, (folder) => writeInto(folder, trained), {
    signal: control.signal,
    onBytes: (done, total) => control.onProgress?.({ phase: 'Uploading artifacts', done, total }),
  });
}

function writeInto(folder: string, { project, data, pipeline, evaluation, run }: TrainedRun): string {
  const files: Record<string, string> = {
    [EVALUATION_ARTIFACT]: toJson(evaluation),
    'quality_report.json': toJson(data.quality),
    'preprocessing.json': toJson({ schema: 1, features: pipeline.features }),
    'config.yaml': stringify(withoutSecrets(project.config, project.loaded.secrets)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return writeModelFolder(path.join(folder, MODEL_ARTIFACT), {
    pipeline,
    signature: inferSignature(data.features, data.target.classes, data.target.type),
    profile: modelProfile(data, pipeline),
    inputExample: { columns: data.features, rows: data.split.train.subarray(0, EXAMPLE_ROWS) },
    runId: run.runId,
    createdAt: project.clock(),
  });
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

function modelProfile({ features, target, split }: TrainingData, { ensemble }: Pipeline): ModelProfile {
  const counts = new Array<number>(target.classes.length).fill(0);
  for (const row of split.train) counts[target.labels[row]!]!++;
  return {
    schema: 1,
    rows: split.train.length,
    classes: target.classes,
    class_shares: counts.map((count) => count / split.train.length),
    threshold: 0.5,
    features: features.map((column) => profileColumn(column, split.train)),
    cover: Buffer.from(ensemble.cover.buffer, ensemble.cover.byteOffset, ensemble.cover.byteLength).toString('base64'),
  };
}

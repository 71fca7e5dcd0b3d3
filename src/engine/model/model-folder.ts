import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Column, valueAt } from '../data/table.ts';
import { digestFolder } from './digest.ts';
import { environmentFiles, INPUT_EXAMPLE_FILE, MODEL_FILE, mlmodelText, PROFILE_FILE } from './mlmodel-file.ts';
import { encodeOnnx } from './onnx-writer.ts';
import type { Pipeline } from './pipeline.ts';
import { buildGraph } from './pipeline-graph.ts';
import type { ModelProfile } from './profile.ts';
import { LOADER_MODULE, loaderSource } from './python-loader.ts';
import type { Signature } from './signature.ts';

export interface ModelFolderContents {
  pipeline: Pipeline;
  signature: Signature;
  profile: ModelProfile;
  /** A few rows of the features, scored again before each promotion. */
  inputExample: { columns: Column[]; rows: Int32Array };
  runId: string;
  createdAt: Date;
}

/**
 * Writes an MLflow model folder: whole or not at all (made beside `folder`, then renamed).
 * @returns the folder's digest, see `digestFolder`
 */
export function writeModelFolder(folder: string, contents: ModelFolderContents): string {
  const draft = path.join(path.dirname(folder), `.${path.basename(folder)}-${randomUUID()}`);
  try {
    writeFiles(draft, contents);
    const digest = digestFolder(draft);
    renameSync(draft, folder);
    return digest;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function writeFiles(folder: string, contents: ModelFolderContents): void {
  const onnx = encodeOnnx(buildGraph(contents.pipeline));
  const files: Record<string, string | Uint8Array> = {
    [MODEL_FILE]: onnx,
    MLmodel: mlmodelText({
      runId: contents.runId,
      modelUuid: randomUUID().replaceAll('-', ''),
      modelSize: onnx.length,
      signature: contents.signature,
      createdAt: contents.createdAt,
    }),
    [INPUT_EXAMPLE_FILE]: inputExampleText(contents.inputExample.columns, contents.inputExample.rows),
    [PROFILE_FILE]: JSON.stringify(contents.profile),
    [`code/${LOADER_MODULE}.py`]: loaderSource(),
    ...environmentFiles(),
  };
  mkdirSync(path.join(folder, 'code'), { recursive: true });
  for (const [name, data] of Object.entries(files)) writeFileSync(path.join(folder, name), data, { flush: true });
}

/** Rows in pandas' "split" orientation, as MLflow stores input examples. */
function inputExampleText(columns: Column[], rows: Int32Array): string {
  const data = Array.from(rows, (row) => columns.map((column) => valueAt(column, row)));
  return JSON.stringify({ columns: columns.map(({ name }) => name), data });
}

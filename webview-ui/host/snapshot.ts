import type { BatchPanelState, ComparedRun, ComparePanelState, RunPanelState } from '../../src/protocol/panels.ts';
import { hasShape, isDoubtful, isListOf, isRecord, isRecordOf, isText, type Shape } from './shape.ts';
import type { Evaluation, Metric, Run } from './snapshot-parts.ts';

// Snapshots as they arrive. A run must be whole; an evaluation that is not (another tool may have written the file) counts as
// absent, so that the page still shows the rest.

/** The state of the run panel, or null when the value is none. */
export function readRunState(value: unknown): RunPanelState | null {
  const shape: Shape = {
    panel: (panel) => panel === 'run',
    experimentName: isText,
    modelName: isText,
    stages: isRecordOf(isText),
    details: (details) => hasShape(details, DETAILS),
  };
  if (!hasShape(value, shape)) return null;
  const state = value as unknown as RunPanelState;
  return { ...state, details: { ...state.details, evaluation: readEvaluation(state.details.evaluation) } };
}

/** The state of the compare panel, or null when the value is none. */
export function readCompareState(value: unknown): ComparePanelState | null {
  const shape: Shape = {
    panel: (panel) => panel === 'compare',
    runs: isListOf((run) => hasShape(run, COMPARED)),
    onlyDifferences: (flag) => typeof flag === 'boolean',
  };
  if (!hasShape(value, shape)) return null;
  const state = value as unknown as ComparePanelState;
  return {
    ...state,
    runs: state.runs.map((run): ComparedRun => ({ ...run, evaluation: readEvaluation(run.evaluation) })),
  };
}

/** The state of a batch output's panel, or null when the value is none. */
export function readBatchState(value: unknown): BatchPanelState | null {
  const shape: Shape = { panel: (panel) => panel === 'batch', preview: (preview) => hasShape(preview, PREVIEW) };
  return hasShape(value, shape) ? (value as unknown as BatchPanelState) : null;
}

const isNumber = (value: unknown) => typeof value === 'number';
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isTable = (value: unknown) => hasShape(value, TABLE);

const TABLE: Shape = { columns: isListOf(isText), rows: isListOf(isListOf(isText)), total: isNumber };

const MANIFEST: Shape & Partial<Record<keyof BatchPanelState['preview']['manifest'], unknown>> = {
  input: (input: unknown) => hasShape(input, { name: isText, size: isNumber, sha256: isText }),
  output: isText,
  refused_file: isTextOrNull,
  rows: isNumber,
  refused: isNumber,
  refused_reasons: isRecordOf(isNumber),
  warnings: isListOf(isText),
  model: (model: unknown) => hasShape(model, { name: isText, version: isText, run_id: isTextOrNull }),
  started: isText,
  finished: isText,
  duration_ms: isDoubtful,
};

const PREVIEW: Shape & Partial<Record<keyof BatchPanelState['preview'], unknown>> = {
  manifest: (manifest: unknown) => hasShape(manifest, MANIFEST),
  files: (files: unknown) => hasShape(files, { output: isText, refused: isTextOrNull, manifest: isText }),
  output: isTable,
  inputColumns: isNumber,
  refused: (refused: unknown) => refused === null || isTable(refused),
};

const RUN: Shape & Partial<Record<keyof Run, unknown>> = {
  runId: isText,
  name: isText,
  status: isText,
  userId: isText,
  startTime: isDoubtful,
  endTime: isDoubtful,
  params: isRecordOf(isText),
  metrics: isRecordOf(isDoubtful),
  tags: isRecordOf(isText),
};

const METRIC: Shape & Partial<Record<keyof Metric, unknown>> = { key: isText, value: isDoubtful, step: isDoubtful };

const COMPARED: Shape = { run: (run) => hasShape(run, RUN), versions: isListOf(isText) };

const DETAILS: Shape = {
  ...COMPARED,
  history: isListOf((metric) => hasShape(metric, METRIC)),
  artifacts: isListOf(isText),
};

const CURVE: Shape = { x: isListOf(isDoubtful), y: isListOf(isDoubtful), thresholds: isListOf(isDoubtful) };

const EVALUATION: Shape & Partial<Record<keyof Evaluation, unknown>> = {
  schema: (schema: unknown) => schema === 1,
  rows: isDoubtful,
  classes: isListOf(isLabel),
  metrics: isRecord,
  confusion_matrix: isListOf(isListOf(isDoubtful)),
  by_class: isListOf((scores) =>
    hasShape(scores, { precision: isDoubtful, recall: isDoubtful, f1: isDoubtful, support: isDoubtful }),
  ),
  curves: isListOf((curves) =>
    hasShape(curves, {
      label: isLabel,
      roc: (curve) => hasShape(curve, CURVE),
      precision_recall: (curve) => hasShape(curve, CURVE),
    }),
  ),
  importances: isListOf((each) => hasShape(each, { feature: isText, importance: isDoubtful })),
};

function isLabel(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function readEvaluation(value: unknown): Evaluation | null {
  return hasShape(value, EVALUATION) ? (value as unknown as Evaluation) : null;
}

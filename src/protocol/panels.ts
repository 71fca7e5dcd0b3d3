import type { Evaluation } from '../engine/evaluation/evaluation.ts';
import type { RunDetails } from './engine-api.ts';
import type { BatchPreview } from './unattended-api.ts';

// Messages between the editor's host and a webview page. The host sends whole snapshots, never deltas, and only after the
// page has said `ready`. They cross as JSON: NaN and infinities arrive as null, so pages treat every number as doubtful.

/** Everything the run panel shows. */
export interface RunPanelState {
  panel: 'run';
  experimentName: string;
  modelName: string;
  details: RunDetails;
  /** Stage by version, for the versions of this run. */
  stages: Record<string, string>;
}

/** One run of the compare panel. */
export interface ComparedRun extends Pick<RunDetails, 'run' | 'versions'> {
  evaluation: Evaluation | null;
}

/** Everything the compare panel shows: 2 or more runs, in the order they were chosen. */
export interface ComparePanelState {
  panel: 'compare';
  runs: ComparedRun[];
  /** Whether rows that are equal in all shown runs are hidden; kept by the host from one time to the next. */
  onlyDifferences: boolean;
}

/** Everything the panel of a batch output shows. */
export interface BatchPanelState {
  panel: 'batch';
  preview: BatchPreview;
}

export type PanelState = RunPanelState | ComparePanelState | BatchPanelState;

/** What a panel shows, and of which project: the page keeps it, and the host opens the panel anew by it after a reload. */
export type PanelKey = { configFile: string } & (
  | { panel: 'run'; runId: string }
  | { panel: 'compare'; runIds: string[] }
  | { panel: 'batch'; manifest: string }
);

/** What the host tells a page. */
export type HostMessage<State extends PanelState> =
  | { type: 'state'; state: State; key: PanelKey }
  /** Shown in place of the content, for example when the store cannot be reached. */
  | { type: 'problem'; message: string };

/** What a page tells the host. */
export type PageMessage =
  | { type: 'ready' }
  /** `path` relative to the run's artifacts, one of those in the snapshot. */
  | { type: 'openArtifact'; path: string }
  | { type: 'openRun'; runId: string }
  /** One of the files that the batch wrote. */
  | { type: 'openBatchFile'; file: BatchFileName }
  | { type: 'setOnlyDifferences'; value: boolean }
  /** The table as text: the host asks where to save it. */
  | { type: 'export'; format: 'csv' | 'markdown'; text: string };

export type BatchFileName = keyof BatchPreview['files'];

const BATCH_FILES: Record<BatchFileName, true> = { output: true, refused: true, manifest: true };

/** Whether something that arrived from a page is a message; what is not is dropped. */
export function isPageMessage(value: unknown): value is PageMessage {
  if (typeof value !== 'object' || value === null) return false;
  const message = value as Record<string, unknown>;
  switch (message.type) {
    case 'ready':
      return true;
    case 'openArtifact':
      return typeof message.path === 'string';
    case 'openRun':
      return typeof message.runId === 'string';
    case 'openBatchFile':
      return typeof message.file === 'string' && Object.hasOwn(BATCH_FILES, message.file);
    case 'setOnlyDifferences':
      return typeof message.value === 'boolean';
    case 'export':
      return typeof message.text === 'string' && (message.format === 'csv' || message.format === 'markdown');
    default:
      return false;
  }
}

/** Whether something that a page kept says what its panel showed. */
export function isPanelKey(value: unknown): value is PanelKey {
  if (typeof value !== 'object' || value === null) return false;
  const key = value as Record<string, unknown>;
  if (typeof key.configFile !== 'string') return false;
  if (key.panel === 'run') return typeof key.runId === 'string';
  if (key.panel === 'batch') return typeof key.manifest === 'string';
  const { panel, runIds } = key;
  return panel === 'compare' && Array.isArray(runIds) && runIds.every((runId) => typeof runId === 'string');
}

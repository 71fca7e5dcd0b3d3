import type { Evaluation } from '../engine/evaluation/evaluation.ts';
import type { RunDetails } from './engine-api.ts';

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

export type PanelState = RunPanelState | ComparePanelState;

/** What the host tells a page. */
export type HostMessage<State extends PanelState> =
  | { type: 'state'; state: State }
  /** Shown in place of the content, for example when the store cannot be reached. */
  | { type: 'problem'; message: string };

/** What a page tells the host. */
export type PageMessage =
  | { type: 'ready' }
  /** `path` relative to the run's artifacts, one of those in the snapshot. */
  | { type: 'openArtifact'; path: string }
  | { type: 'openRun'; runId: string }
  | { type: 'setOnlyDifferences'; value: boolean }
  /** The table as text: the host asks where to save it. */
  | { type: 'export'; format: 'csv' | 'markdown'; text: string };

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
    case 'setOnlyDifferences':
      return typeof message.value === 'boolean';
    case 'export':
      return typeof message.text === 'string' && (message.format === 'csv' || message.format === 'markdown');
    default:
      return false;
  }
}

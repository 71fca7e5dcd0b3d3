import type { LoadedConfig } from '../config/load.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import type { OperationControl } from '../support/progress.ts';

/** What a check found, or why it does not apply. */
export type Trial = (context: TrialContext) => Promise<string | { skipped: string }>;

export interface TrialContext {
  client: WorkspaceClient;
  loaded: LoadedConfig;
  /** Part of the name of everything that is made, so that nothing else is touched. */
  mark: string;
  /**
   * Says what is about to be made and how it is removed; called before it is made, because an answer may get lost. What is not there is
   * as good as removed.
   */
  cleanUp: (what: string, undo: () => Promise<void>) => void;
  control: OperationControl;
  /** The run of the trial `tracking`, whose files others try. */
  run: { experimentId: string; runId: string } | null;
}

/** @throws Error when it is not */
export function same(found: string | null | undefined, expected: string, message: string): string {
  if (found === expected) return message;
  throw new Error(`found ${JSON.stringify(found)}; expected ${JSON.stringify(expected)}`);
}

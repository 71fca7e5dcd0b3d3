import type { OperationControl } from '../support/progress.ts';

/** What a command would do to one thing of the workspace. */
export interface PlannedStep {
  kind: 'folder' | 'file' | 'volume' | 'program' | 'data' | 'model' | 'job' | 'endpoint';
  action: 'create' | 'update' | 'delete' | 'unchanged';
  /** Its path or name in the workspace. */
  name: string;
  /** What there is to say about it, as a sentence. */
  detail: string;
}

/** A planned step and how it is carried out. */
export interface Step extends PlannedStep {
  apply(control: OperationControl): Promise<void>;
}

/** Only what is shown. */
export function shown({ kind, action, name, detail }: PlannedStep): PlannedStep {
  return { kind, action, name, detail };
}

const DOING = { create: 'Making', update: 'Updating', delete: 'Removing', unchanged: 'Leaving' };

/** Carries the steps out in order; what is there already is left alone. */
export async function carryOut(steps: readonly Step[], control: OperationControl): Promise<void> {
  const todo = steps.filter(({ action }) => action !== 'unchanged');
  for (const [done, step] of todo.entries()) {
    control.signal?.throwIfAborted();
    control.onProgress?.({
      phase: `${DOING[step.action]} ${step.name}`,
      done,
      total: todo.length,
    });
    await step.apply(control);
  }
}

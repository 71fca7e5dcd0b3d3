import { randomBytes } from 'node:crypto';
import type { LoadedConfig } from '../config/load.ts';
import { withPlaces } from '../config/place-error.ts';
import { connect } from '../databricks/workspace-client.ts';
import { EngineError, type ErrorReason, toEngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { modelTrials } from './self-test-model.ts';
import { workspaceTrials } from './self-test-workspace.ts';
import type { Trial, TrialContext } from './trial.ts';

/** One thing that was tried in the workspace. */
export interface SelfTestCheck {
  id: string;
  status: 'ok' | 'failed' | 'skipped';
  message: string;
  reason: ErrorReason | null;
}

/** What `databricks status --self-test --json` prints. */
export interface SelfTestResult {
  schema: 1;
  host: string;
  user: string;
  checks: SelfTestCheck[];
}

interface Undo {
  what: string;
  undo: () => Promise<void>;
}

const TRIALS: Record<string, Trial> = { ...workspaceTrials, ...modelTrials };

/**
 * Tries what gnu-mlops does with a workspace, with things of its own that it removes again, also when it is cancelled; not what costs or
 * takes long: no job is run and no endpoint is made.
 * @throws EngineError `invalid-config`, `unreachable`, `unauthorized` when nobody can sign in at all; `cancelled`, with what could not be
 *   removed
 */
export function testWorkspace(loaded: LoadedConfig, control: OperationControl = {}): Promise<SelfTestResult> {
  return withPlaces(loaded, async () => {
    const client = connect(loaded.config, loaded.env, { signal: control.signal });
    const { userName: user } = await client.me();
    const undos: Undo[] = [];
    const mark = `gnu_mlops_self_test_${randomBytes(4).toString('hex')}`;
    const cleanUp = (what: string, undo: () => Promise<void>) => undos.push({ what, undo });
    const context: TrialContext = { client, loaded, mark, control, cleanUp, run: null };
    const checks: SelfTestCheck[] = [
      { id: 'sign-in', status: 'ok', message: `Signed in to ${client.host} as ${user}.`, reason: null },
    ];
    let left: string[] = [];
    try {
      await tryAll(context, checks);
    } finally {
      control.onProgress?.({ phase: 'Removing what was made', done: 0, total: 0 });
      left = await undone(undos);
    }
    if (control.signal?.aborted) throw cancelled(left);
    checks.push(removal(left));
    return { schema: 1, host: client.host, user, checks };
  });
}

/** Ends early, without an error, when it is cancelled. */
async function tryAll(context: TrialContext, checks: SelfTestCheck[]): Promise<void> {
  const trials = Object.entries(TRIALS);
  for (const [done, [id, trial]] of trials.entries()) {
    context.control.onProgress?.({ phase: `Trying ${id}`, done, total: trials.length });
    if (context.control.signal?.aborted) return;
    checks.push(await outcome(id, trial, context));
  }
}

async function outcome(id: string, trial: Trial, context: TrialContext): Promise<SelfTestCheck> {
  try {
    const found = await trial(context);
    if (typeof found === 'string') return { id, status: 'ok', message: found, reason: null };
    return { id, status: 'skipped', message: found.skipped, reason: null };
  } catch (error) {
    const { reason, message } = toEngineError(error);
    return { id, status: 'failed', message, reason };
  }
}

/** Removes what was made, the last first. @returns what could not be removed, and why */
async function undone(undos: Undo[]): Promise<string[]> {
  const left: string[] = [];
  for (const { what, undo } of undos.reverse()) {
    await undo().catch((error: unknown) => {
      if (!EngineError.is(error, 'not-found')) left.push(`${what} (${toEngineError(error).message})`);
    });
  }
  return left;
}

function removal(left: string[]): SelfTestCheck {
  const id = 'clean-up';
  if (left.length === 0) return { id, status: 'ok', message: 'Everything that was made is removed.', reason: null };
  return {
    id,
    status: 'failed',
    message: `Remove in the workspace what stayed there: ${left.join('; ')}`,
    reason: null,
  };
}

function cancelled(left: string[]): EngineError {
  if (left.length === 0) return new EngineError('cancelled', 'Cancelled; everything that was made is removed.');
  const message = `Cancelled. Some of what was made stayed in the workspace: ${left.join('; ')}`;
  return new EngineError('cancelled', message, { fix: 'Remove it there.' });
}

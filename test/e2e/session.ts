import * as assert from 'node:assert/strict';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { run } from '../../scripts/subprocess.ts';
import { type LaunchedWorkbench, launchWorkbench, type WorkbenchOptions } from '../harness/workbench.ts';
import { exampleFolder } from '../harness/workspace.ts';
import { Workbench } from './pages/workbench.ts';

/** Runs the command line in a project, as cron would. */
export async function gnuMlops(args: string[], folder: string): Promise<void> {
  const { code, stderr } = await run(process.execPath, [commandFile, ...args], { cwd: folder });
  assert.equal(code, 0, stderr);
}

const commandFile = path.join(projectRoot, 'bin/gnu-mlops.js');

export interface Session {
  workbench: Workbench;
  launched: LaunchedWorkbench;
}

/**
 * Opens one workbench for the tests of the surrounding `describe`, with the example's folder unless told, and ends it
 * after them. A failed test leaves a screenshot and the editor's log.
 */
export function useWorkbench(options: Partial<WorkbenchOptions> = {}): () => Session {
  let session: Session | undefined;

  before(async () => {
    const launched = await launchWorkbench({ folder: exampleFolder(), ...options });
    session = { launched, workbench: new Workbench(launched.page) };
    await session.workbench.ready();
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed' || session === undefined) return;
    console.log(await session.workbench.screenshot(`failed ${this.currentTest.fullTitle()}`));
    console.log(session.launched.log());
  });

  after(() => session?.launched.close());

  return () => {
    if (session === undefined) throw new Error('There is no workbench outside the tests');
    return session;
  };
}

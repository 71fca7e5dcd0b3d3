import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type EditorVersion, editors } from '../../scripts/code-server.ts';
import { lastLines } from '../../scripts/subprocess.ts';
import { outcome, withReportFile } from './mocha-ring.ts';
import { ownCrontab } from './own-crontab.ts';
import { grepVariable, type RingReport, reportVariable } from './report.ts';
import { bundleEditorSuite } from './suite-bundle.ts';
import { type LaunchedWorkbench, launchWorkbench } from './workbench.ts';
import { exampleFolder } from './workspace.ts';

const longestSuiteMs = 10 * 60_000;

/** Runs the compiled suite inside the extension host of one version of VS Code. */
export async function runEditorRing(version: EditorVersion, mochaArguments: readonly string[]): Promise<RingReport> {
  const suite = await bundleEditorSuite();
  console.log(`  in ${editors[version].title}`);
  return withReportFile(async (report) => {
    const env = { [reportVariable]: report, ...grep(mochaArguments), ...ownCrontab(path.dirname(report)) };
    const workbench = await launchWorkbench({ folder: exampleFolder(), version, extensionTestsPath: suite, env });
    try {
      const complaint = await suiteEnd(workbench);
      if (existsSync(`${report}.log`)) process.stdout.write(readFileSync(`${report}.log`, 'utf8'));
      if (!existsSync(report)) console.log(lastLines(workbench.log(), 40));
      return outcome(complaint, report);
    } finally {
      await workbench.close();
    }
  });
}

async function suiteEnd({ page, exitCode }: LaunchedWorkbench): Promise<string | undefined> {
  const closed = page.waitForEvent('close', { timeout: 0 }).then(() => 'The workbench closed before the suite ended.');
  let patience: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    patience = setTimeout(() => resolve('The suite did not end within ten minutes.'), longestSuiteMs);
  });
  const ended = exitCode.then((code) => (code === 0 ? undefined : `The extension host ended with ${code}.`));
  const complaint = await Promise.race([ended, late, closed.catch(() => undefined)]);
  clearTimeout(patience);
  return complaint;
}

/** Of mocha's arguments only --grep has a meaning inside the editor. */
function grep(mochaArguments: readonly string[]): Record<string, string> {
  const at = mochaArguments.findIndex((argument) => argument === '--grep' || argument === '-g');
  const pattern = at < 0 ? undefined : mochaArguments[at + 1];
  return pattern === undefined ? {} : { [grepVariable]: pattern };
}

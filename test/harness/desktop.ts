// The editor ring in a desktop VS Code that @vscode/test-electron downloads: `npm run test:desktop`, where there is internet.
import { existsSync, readFileSync } from 'node:fs';
import { runTests } from '@vscode/test-electron';
import { projectRoot } from '../../scripts/cache.ts';
import { type EditorVersion, editors } from '../../scripts/code-server.ts';
import { outcome, withReportFile } from './mocha-ring.ts';
import { build } from './preparation.ts';
import { type RingReport, reportVariable, sumReports } from './report.ts';
import { parseRequest } from './request.ts';
import { bundleEditorSuite } from './suite-bundle.ts';
import { copyWorkspace, exampleFolder } from './workspace.ts';

const request = parseRequest(process.argv.slice(2), process.env);
await build();
const suite = await bundleEditorSuite();
const reports: RingReport[] = [];
for (const version of request.editors) reports.push(await runDesktop(version));
const { passed, failed, skipped } = sumReports(reports);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;

async function runDesktop(version: EditorVersion): Promise<RingReport> {
  const workspace = await copyWorkspace(exampleFolder());
  try {
    return await withReportFile(async (report) => {
      const complaint = await complaintOf(
        runTests({
          version: editors[version].desktop,
          extensionDevelopmentPath: projectRoot,
          extensionTestsPath: suite,
          extensionTestsEnv: { [reportVariable]: report },
          launchArgs: [workspace.folder, '--disable-workspace-trust', '--disable-extensions'],
        }),
      );
      if (existsSync(`${report}.log`)) process.stdout.write(readFileSync(`${report}.log`, 'utf8'));
      return outcome(complaint, report);
    });
  } finally {
    await workspace.remove();
  }
}

async function complaintOf(run: Promise<unknown>): Promise<string | undefined> {
  return run.then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

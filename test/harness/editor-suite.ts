// Runs inside the extension host, bundled with the tests; the runner outside reads the report and the log it writes.
import { appendFileSync } from 'node:fs';
import { format } from 'node:util';
import mochaModule, { reporters } from 'mocha';
import { grepVariable, reportVariable } from './report.ts';
import Reporter from './reporter.ts';

// Node 22 gives the bundle mocha's module, newer ones its class.
const Mocha = (mochaModule as { default?: typeof mochaModule }).default ?? mochaModule;

/** Runs the test files' suites with mocha; rejects when a test fails, which the editor turns into its exit code. */
export function runEditorSuite(loadFiles: readonly (() => void)[]): Promise<void> {
  process.setSourceMapsEnabled(true);
  printToLog();
  const grep = process.env[grepVariable];
  const mocha = new Mocha({ reporter: Reporter, timeout: 60_000, ...(grep === undefined ? {} : { grep }) });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  for (const load of loadFiles) load();
  return new Promise((resolve, reject) => {
    mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(`${failures} tests failed`))));
  });
}

/** The host's console reaches the outside only in part and late; a file is there when the editor has gone. */
function printToLog(): void {
  const report = process.env[reportVariable];
  if (report === undefined) return;
  reporters.Base.consoleLog = (...parts: unknown[]) => appendFileSync(`${report}.log`, `${format(...parts)}\n`);
}

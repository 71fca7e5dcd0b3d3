import { writeFileSync } from 'node:fs';
import { type Runner, reporters, type Suite, type Test } from 'mocha';
import { type RingReport, reportVariable } from './report.ts';

/** One line per top-level suite while all is well; failures in full, with difference and stack, at the end. */
class Reporter extends reporters.Base {
  constructor(runner: Runner) {
    super(runner);
    const counts = new Map<Suite, RingReport>();
    const count = (test: Test, field: keyof RingReport) => {
      const suite = topSuite(test);
      const report = counts.get(suite) ?? { passed: 0, failed: 0, skipped: 0 };
      report[field] += 1;
      counts.set(suite, report);
    };
    runner.on('pass', (test) => count(test, 'passed'));
    runner.on('pending', (test) => count(test, 'skipped'));
    runner.on('fail', (test, error: Error & { showDiff?: boolean }) => {
      // Messages of node:assert hold the difference already; mocha would print it once more.
      if (error.message?.includes('+ actual - expected')) error.showDiff = false;
      count(test, 'failed');
    });
    runner.on('suite end', (suite) => printSuite(suite, counts.get(suite)));
    runner.once('end', () => this.#finish());
  }

  #finish(): void {
    const { passes: passed, failures: failed, pending: skipped } = this.stats;
    this.epilogue();
    const file = process.env[reportVariable];
    if (file !== undefined) writeFileSync(file, JSON.stringify({ passed, failed, skipped } satisfies RingReport));
  }
}

function topSuite(test: Test): Suite {
  let suite = test.parent as Suite;
  while (suite.parent && !suite.parent.root) suite = suite.parent;
  return suite;
}

function printSuite(suite: Suite, report: RingReport | undefined): void {
  if (report === undefined) return;
  const { color, symbols, consoleLog } = reporters.Base;
  const [style, symbol] = report.failed > 0 ? ['fail', symbols.err] : ['checkmark', symbols.ok];
  const parts = [report.failed > 0 && `${report.failed} failed`, report.skipped > 0 && `${report.skipped} skipped`];
  const numbers = [`${report.passed}`, ...parts.filter((part) => part !== false)].join(', ');
  consoleLog(`  ${color(style ?? '', symbol ?? '')} ${suite.title} ${color('light', `(${numbers})`)}`);
}

export default Reporter;

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { end } from '../../scripts/subprocess.ts';
import { type RingReport, reportVariable } from './report.ts';
import { testFiles } from './test-files.ts';

const longestRingMs = 25 * 60_000;
const longestEndMs = 20_000;

/** Runs the ring's test files (or those named in the arguments) by mocha, in a Node process of its own. */
export async function runMochaRing(ring: string, timeoutMs: number, args: readonly string[]): Promise<RingReport> {
  const chosen = args.some((argument) => argument.endsWith('.test.ts'));
  const files = chosen ? [] : await testFiles(ring);
  if (!chosen && files.length === 0) return skipped(`test/${ring} holds no test file yet.`);
  return withReportFile(async (report) => {
    const mocha = path.join(projectRoot, 'node_modules/mocha/bin/mocha.js');
    const own = ['--reporter', 'test/harness/reporter.ts', '--timeout', String(timeoutMs)];
    const child = spawn(process.execPath, [mocha, ...own, ...args, ...files], {
      cwd: projectRoot,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, [reportVariable]: report },
    });
    return outcome(await ending(child, report), report);
  });
}

/** Gives a path for a report file that vanishes afterwards. */
export async function withReportFile<T>(use: (report: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gnu-mlops-report-'));
  try {
    return await use(path.join(folder, 'report.json'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One skipped test stands for a ring that could not run, with the reason on the screen. */
export function skipped(why: string): RingReport {
  console.log(`  skipped: ${why}`);
  return { passed: 0, failed: 0, skipped: 1 };
}

/** The report of a run, with one more failure when the run itself ended badly. */
export function outcome(complaint: string | undefined, file: string): RingReport {
  const report = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as RingReport)
    : { passed: 0, failed: 0, skipped: 0 };
  const why = complaint ?? (existsSync(file) ? undefined : 'The tests ended without a report.');
  if (why === undefined || report.failed > 0) return report;
  console.log(`  failed: ${why}`);
  return { ...report, failed: report.failed + 1 };
}

/** Waits for mocha's process; a process that outlives its report is kept alive by something the tests forgot to close. */
async function ending(child: ChildProcess, report: string): Promise<string | undefined> {
  let killed: string | undefined;
  const kill = (why: string) => {
    killed = why;
    void end(child);
  };
  let reportedAt = 0;
  const started = performance.now();
  const watch = setInterval(() => {
    if (existsSync(report)) reportedAt ||= performance.now();
    if (reportedAt > 0 && performance.now() - reportedAt > longestEndMs)
      kill('A test left something open: its process did not end.');
    if (performance.now() - started > longestRingMs) kill('The ring took over 25 minutes.');
  }, 500);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  return killed ?? (code === 0 ? undefined : `mocha ended with ${code}.`);
}

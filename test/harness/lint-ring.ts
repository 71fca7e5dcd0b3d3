import { projectRoot } from '../../scripts/cache.ts';
import { lastLines, run } from '../../scripts/subprocess.ts';
import type { RingReport } from './report.ts';

/** What `npm run lint` and `npm run typecheck` do, each step counted as a test. */
const steps: Record<string, string[]> = {
  'biome finds nothing to complain about': ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  'knip finds nothing unused': ['knip/bin/knip.js'],
  'the types of the project fit': ['typescript/bin/tsc', '-p', '.'],
  'the types of the pages fit': ['typescript/bin/tsc', '-p', 'webview-ui'],
};

export async function runLintRing(): Promise<RingReport> {
  const report: RingReport = { passed: 0, failed: 0, skipped: 0 };
  for (const [title, [program, ...args]] of Object.entries(steps)) {
    const command = [`node_modules/${program}`, ...args];
    const { code, stdout, stderr } = await run(process.execPath, command, { cwd: projectRoot });
    report[code === 0 ? 'passed' : 'failed']++;
    console.log(`  ${code === 0 ? '✔' : '✖'} ${title}`);
    if (code !== 0) console.log(lastLines(stdout + stderr, 60));
  }
  return report;
}

/** What the runner reads when a ring has ended. */
export interface RingReport {
  passed: number;
  failed: number;
  skipped: number;
}

/** Environment variable with the path of the file that the report goes to. */
export const reportVariable = 'GNU_MLOPS_TEST_REPORT';

/** Environment variable with mocha's `--grep` for tests inside the editor. */
export const grepVariable = 'GNU_MLOPS_TEST_GREP';

/** The sum of several rings. */
export function sumReports(reports: readonly RingReport[]): RingReport {
  return {
    passed: reports.reduce((sum, report) => sum + report.passed, 0),
    failed: reports.reduce((sum, report) => sum + report.failed, 0),
    skipped: reports.reduce((sum, report) => sum + report.skipped, 0),
  };
}

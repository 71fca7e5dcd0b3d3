// Runs every test ring, or those named on the command line: docs/testing.md.
import { sumReports } from './harness/report.ts';
import { parseRequest } from './harness/request.ts';
import { type RingPart, ringParts, runPart } from './harness/ring.ts';

const longestMinutes = 45;

const request = parseRequest(process.argv.slice(2), process.env);
const parts = ringParts(request);
const started = performance.now();

// Installations mostly wait for the network, so they go on while the first rings run.
const preparations = [...new Set(parts.flatMap((part) => part.needs))].map((prepare) => prepare());

const reports = [];
const seconds: string[] = [];
for (const part of parts) reports.push(await timed(part));

// A program that ended now would leave an installation behind that nobody waits for.
await Promise.allSettled(preparations);

const { passed, failed, skipped } = sumReports(reports);
const minutes = (performance.now() - started) / 60_000;
console.log(`\n${seconds.join(' | ')}`);
const complaints = [
  failed > 0 && `${failed} failed.`,
  request.noSkips && skipped > 0 && 'Skipped tests count as failures here.',
  passed + failed + skipped === 0 && 'No test matches.',
  minutes > longestMinutes && `The rings took ${minutes.toFixed()} minutes; more than ${longestMinutes} is a failure.`,
].filter((complaint) => complaint !== false);
for (const complaint of complaints) console.log(complaint);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(complaints.length > 0 ? 1 : 0);

async function timed(part: RingPart) {
  console.log(`\n== ${part.name}`);
  const start = performance.now();
  const report = await runPart(part);
  seconds.push(`${part.name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return report;
}

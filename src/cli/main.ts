import { leavesAtOnce } from './schedule-check.ts';

const args = process.argv.slice(2);

// Before anything else is loaded, because cron asks every quarter of an hour and the answer is mostly no.
process.exitCode = leavesAtOnce(args, process.env) ? 0 : await runWhole();

async function runWhole(): Promise<number> {
  const [{ runCli }, { processTerminal }] = await Promise.all([import('./run.ts'), import('./output/terminal.ts')]);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second time somebody means it.
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    });
  }
  return runCli(args, processTerminal(), stop.signal);
}

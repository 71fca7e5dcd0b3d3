import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type CommandOptions, startCommand } from './command.ts';

/**
 * Starts a command and kills it after `ms`, or leaves that to what is preloaded into it.
 * @returns its exit code; null when it was killed
 */
export async function killedCommand(
  args: readonly string[],
  options: CommandOptions,
  ms?: number,
): Promise<number | null> {
  const child = startCommand(args, options);
  const ended = once(child, 'close') as Promise<[number | null]>;
  child.stdin!.end();
  child.stdout!.resume();
  child.stderr!.resume();
  if (ms !== undefined) {
    // A command that ended leaves nothing to wait for.
    await Promise.race([delay(ms, undefined, { ref: false }), ended]);
    child.kill('SIGKILL');
  }
  return (await ended)[0];
}

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type CommandOptions, startCommand } from './command.ts';

/** Starts a command and kills it after `ms`, unless it ended before. */
export async function killedCommand(
  args: readonly string[],
  options: CommandOptions,
  ms: number,
): Promise<'killed' | 'ended'> {
  const child = startCommand(args, options);
  const ended = once(child, 'close');
  child.stdin!.end();
  child.stdout!.resume();
  child.stderr!.resume();
  await Promise.race([delay(ms), ended]);
  child.kill('SIGKILL');
  const [, signal] = (await ended) as [number | null, string | null];
  return signal === 'SIGKILL' ? 'killed' : 'ended';
}

import { spawnSync } from 'node:child_process';
import type { Environment } from '../../config/load.ts';

export interface ProgramResult {
  /** Null when a signal ended it, or when it could not be started. */
  code: number | null;
  /** Bytes, because what other people wrote need not be UTF-8. */
  stdout: Buffer;
  stderr: string;
  /** There is no such program. */
  isMissing: boolean;
}

/** Runs a program of the system to its end. */
export type RunProgram = (command: string, args: string[], input?: Buffer) => ProgramResult;

/** Programs as `env.PATH` finds them. */
export function programRunner(env: Environment): RunProgram {
  return (command, args, input) => {
    const options = { env: env as NodeJS.ProcessEnv, timeout: 30_000, ...(input === undefined ? {} : { input }) };
    const { status, stdout, stderr, error } = spawnSync(command, args, options);
    return {
      code: status,
      stdout: stdout ?? Buffer.alloc(0),
      stderr: stderr?.toString('utf8').trim() ?? '',
      isMissing: (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT',
    };
  };
}

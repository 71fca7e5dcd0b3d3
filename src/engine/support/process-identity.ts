import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/**
 * Which process it was, even after its number was given to another one: host, boot of the host, process id and when
 * the process started. Times and boots are opaque text, only ever compared for equality.
 */
export interface ProcessIdentity {
  host: string;
  boot: string;
  pid: number;
  /** Empty where the system does not tell. */
  start: string;
}

/** Run tag with the identity of the process that a RUNNING run belongs to, as JSON. */
export const OWNER_TAG = 'gnu_mlops.owner';

let own: ProcessIdentity | undefined;

/** This process. */
export function ownIdentity(): ProcessIdentity {
  own ??= { host: hostname(), boot: bootId(), pid: process.pid, start: startOf(process.pid) ?? '' };
  return own;
}

/** Value of the owner tag for this process. */
export function ownerTag(identity: ProcessIdentity = ownIdentity()): string {
  const { host, boot, pid, start } = identity;
  return JSON.stringify({ host, boot, pid, start });
}

/** Reads an owner tag; null for anything else. */
export function parseOwner(tag: string | undefined): ProcessIdentity | null {
  try {
    const { host, boot, pid, start } = JSON.parse(tag ?? '');
    const isOwner = [host, boot, start].every((part) => typeof part === 'string') && Number.isInteger(pid);
    return isOwner ? { host, boot, pid, start } : null;
  } catch {
    return null;
  }
}

/**
 * Whether that process still runs: `unknown` when it belongs to another host, which cannot be asked. On this host a process of
 * an earlier boot is dead.
 */
export function isAlive(identity: ProcessIdentity, self: ProcessIdentity = ownIdentity()): boolean | 'unknown' {
  if (identity.host !== self.host) return 'unknown';
  if (identity.boot !== self.boot) return false;
  if (!exists(identity.pid)) return false;
  const start = startOf(identity.pid);
  return start === undefined || start === identity.start || identity.start === '';
}

/** "process 4711 on build-7", for messages. */
export function describeProcess({ host, pid }: ProcessIdentity): string {
  return `process ${pid} on ${host}`;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started; `dead` for one that ended but was not collected yet, undefined when the system does not tell. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return linuxStart(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    if (process.platform === 'win32') return undefined;
    const output = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { LC_ALL: 'C' } });
    return output.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Fields 3 (state) and 22 (start, in ticks since boot) of proc(5); the name before them may hold spaces and brackets. */
function linuxStart(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return /^[ZX]$/.test(fields[0]!) ? 'dead' : fields[19];
}

function bootId(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    if (process.platform === 'darwin') {
      return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
    }
  } catch {}
  // The time of the boot, to the hour: the clock may be set while the machine runs.
  return String(Math.round((Date.now() / 1000 - uptime()) / 3600));
}

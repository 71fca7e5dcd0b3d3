import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Cron } from 'croner';
import type { Config } from '../config/config.ts';
import { writeFileWhole } from '../support/atomic-file.ts';
import type { Digest, DigestRow } from './notice.ts';

/** One operation that ended, kept until the digest that tells of it. */
export interface DigestEvent {
  /** ISO 8601 UTC */
  at: string;
  operation: string;
  /** The schedule that ran it; null (or, in spools of before, absent) when somebody started it by hand. */
  schedule?: string | null;
  /** `alarm`: said beside what the operation itself says, and not counted. */
  outcome: 'done' | 'nothing-to-do' | 'failed' | 'alarm';
  /** One sentence without secrets. */
  text: string;
}

type Schedule = Config['schedules'][number];

const HOUR_MS = 3_600_000;
/** A little less than the period: nights are not equally long, and an operation may end a little earlier than yesterday. */
const PERIOD_MS = { daily: 20 * HOUR_MS, weekly: (7 * 24 - 4) * HOUR_MS };
const PERIOD_FILE = 'period.json';

/** Events that wait for their digest, one file each, and when the last digest went out: `.gnu-mlops/spool/digest/`. */
export class DigestCollection {
  readonly #folder: string;
  readonly #config: Config;

  constructor(spoolFolder: string, config: Config) {
    this.#folder = path.join(spoolFolder, 'digest');
    this.#config = config;
  }

  add(event: DigestEvent): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const name = `${event.at.replace(/[-:.]/g, '')}-${randomUUID().slice(0, 8)}.json`;
    writeFileWhole(path.join(this.#folder, name), `${JSON.stringify(event)}\n`);
  }

  /**
   * The digest, when one is due: with the first operation of all, so that one sees that it works, then once a period. Events
   * are kept until {@link Due.done} is called.
   */
  due(now: Date): Due | undefined {
    const { digest } = this.#config.notifications;
    const names = this.#names();
    if (digest === 'none' || names.length === 0) return undefined;
    const last = this.#lastSent();
    // A clock that was set back must not stop digests for good.
    if (last !== undefined && Math.abs(now.getTime() - last) < PERIOD_MS[digest]) return undefined;
    const events = names.flatMap((name) => this.#read(name) ?? []);
    const begin = last ?? Math.min(now.getTime(), ...events.map(({ at }) => Date.parse(at))) - HOUR_MS;
    return {
      // The same for the same period: a digest that was put together twice can be told.
      id: `digest-${begin}`,
      digest: summarise(this.#config, events, new Date(begin), now),
      done: () => {
        writeFileWhole(path.join(this.#folder, PERIOD_FILE), `${JSON.stringify({ sent: now.toISOString() })}\n`);
        for (const name of names) rmSync(path.join(this.#folder, name), { force: true });
      },
    };
  }

  #names(): string[] {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    return names.filter((name) => name.endsWith('.json') && name !== PERIOD_FILE).sort();
  }

  #lastSent(): number | undefined {
    const period = this.#read<{ sent: string }>(PERIOD_FILE);
    return period === undefined ? undefined : Date.parse(period.sent);
  }

  #read<T = DigestEvent>(name: string): T | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.#folder, name), 'utf8')) as T;
    } catch {
      return undefined;
    }
  }
}

export interface Due {
  id: string;
  digest: Digest;
  /** Forgets what the digest tells of. */
  done(): void;
}

function summarise(config: Config, events: DigestEvent[], since: Date, until: Date): Digest {
  const schedules = config.schedules.filter(({ enabled }) => enabled);
  const counted = events.filter(({ outcome }) => outcome !== 'alarm');
  // An operation that a crontab of one's own, or a spool of an older version, names no schedule of can only be that of the one there is.
  const only = (each: Schedule) => schedules.every((other) => other === each || other.operation !== each.operation);
  const ranBy = (each: Schedule) =>
    counted.filter(({ operation, schedule = null }) => {
      return operation === each.operation && (schedule === each.id || (schedule === null && only(each)));
    });
  const scheduled = new Set(schedules.flatMap(ranBy));
  const others = Map.groupBy(
    counted.filter((event) => !scheduled.has(event)),
    ({ operation }) => operation,
  );
  const rows = [
    ...schedules.map((each) => toRow(each, ranBy(each), { since, until })),
    ...[...others].map(([operation, some]) => toRow({ operation }, some, { since, until })),
  ];
  return {
    since: since.toISOString(),
    until: until.toISOString(),
    rows: rows.sort((a, b) => (a.operation < b.operation ? -1 : a.operation > b.operation ? 1 : 0)),
    events: events.map(({ at, text }) => ({ at, text })),
  };
}

interface Period {
  since: Date;
  until: Date;
}

/** @param what a schedule, or only an operation, which is due at no time */
function toRow(what: Schedule | { operation: string }, events: DigestEvent[], period: Period): DigestRow {
  const schedule = 'id' in what ? what : null;
  const ended = (outcome: DigestEvent['outcome']) => events.filter((event) => event.outcome === outcome).length;
  const instants = events.map(({ at }) => new Date(at));
  return {
    operation: what.operation,
    schedule: schedule?.id ?? null,
    nights_due: schedule && nights(dueInstants(schedule, period), schedule.timezone),
    nights_ran: nights(instants, schedule?.timezone),
    done: ended('done'),
    nothing_to_do: ended('nothing-to-do'),
    failed: ended('failed'),
  };
}

/** More firings than a week has minutes are not counted. */
const MOST_FIRINGS = 10_100;

function dueInstants({ cron, timezone }: Schedule, { since, until }: Period): Date[] {
  const schedule = new Cron(cron, { timezone });
  const instants: Date[] = [];
  let next = schedule.nextRun(since);
  while (next !== null && next <= until && instants.length < MOST_FIRINGS) {
    instants.push(next);
    next = schedule.nextRun(next);
  }
  return instants;
}

/** Distinct calendar days in a time zone, the machine's own unless given. */
function nights(instants: Date[], zone: string | undefined): number {
  const day = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', ...(zone ? { timeZone: zone } : {}) });
  return new Set(instants.map((instant) => day.format(instant))).size;
}

import type { TrackingStore } from './store.ts';

/** What only looks. */
const READS = [
  'findExperiment',
  'findExperiments',
  'listExperiments',
  'getRun',
  'getRuns',
  'searchRuns',
  'metricHistory',
  'datasetInputs',
  'listModels',
  'findModel',
  'listVersions',
  'getVersion',
] as const satisfies (keyof TrackingStore)[];

/** So many answers are kept, the newest ones: pages of a tree that somebody scrolled through. */
const MOST_ANSWERS = 200;
/** So many of them are asked for again when they are old; older ones are let go of. */
const MOST_ASKED_AGAIN = 50;

export interface CachedReadsOptions {
  /** After so long an answer is asked for again, ms, because a server's token does not see everything. */
  maxAgeMs?: number;
  /** Tells the time, ms. */
  now?: () => number;
}

interface Kept {
  answer: Promise<unknown>;
  ask: () => Promise<unknown>;
}

/**
 * A store that asks the one behind it for the same thing only once as long as nothing changed there: views of a store on a server
 * open at once. Whether something changed is asked by the store's token before every answer that is kept. What the token does not
 * see is found when answers are 45 seconds old: they are asked for again behind the scenes, and the token that this store gives
 * changes when one of them is another. What it gives must not be changed by who gets it.
 */
export function withCachedReads(
  store: TrackingStore,
  { maxAgeMs = 45_000, now = () => performance.now() }: CachedReadsOptions = {},
): TrackingStore {
  const answers = new Map<string, Kept>();
  let token: string | undefined;
  let revision = 0;
  let checkedAt = now();

  async function changeToken(): Promise<string> {
    const current = await store.changeToken();
    if (current !== token) answers.clear();
    token = current;
    if (answers.size === 0) checkedAt = now();
    else if (now() - checkedAt > maxAgeMs) {
      checkedAt = now();
      void checkAnswers();
    }
    return `${current} ${revision}`;
  }

  /** One after the other, so that nobody else has to wait for them. */
  async function checkAnswers(): Promise<void> {
    for (const question of [...answers.keys()].slice(0, -MOST_ASKED_AGAIN)) answers.delete(question);
    for (const [question, kept] of [...answers]) {
      const [before, after] = await Promise.all([settled(kept.answer), settled(kept.ask())]);
      if (before === after || answers.get(question) !== kept) continue;
      answers.delete(question);
      revision += 1;
    }
  }

  async function read(name: (typeof READS)[number], args: unknown[]): Promise<unknown> {
    await changeToken();
    const question = JSON.stringify([name, args]);
    const known = answers.get(question);
    if (known) return known.answer;
    const ask = () => (store[name] as (...given: unknown[]) => Promise<unknown>).apply(store, args);
    const kept = { ask, answer: ask() };
    answers.set(question, kept);
    // What failed is asked again.
    kept.answer.catch(() => answers.delete(question));
    if (answers.size > MOST_ANSWERS) answers.delete(answers.keys().next().value!);
    return kept.answer;
  }

  return new Proxy(store, {
    get(target, name) {
      if (name === 'changeToken') return changeToken;
      const isRead = READS.find((each) => each === name);
      if (isRead) return (...args: unknown[]) => read(isRead, args);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** An answer as text; null for a failure. */
function settled(answer: Promise<unknown>): Promise<string | null> {
  return answer.then(
    (value) => JSON.stringify(value) ?? '',
    () => null,
  );
}

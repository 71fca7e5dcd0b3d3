import type { TrackingStore } from './store.ts';

/** What only looks. */
const READS = [
  'findExperiment',
  'listExperiments',
  'getRun',
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

/**
 * A store that asks the one behind it for the same thing only once as long as nothing changed there: views of a store on a server
 * open at once. Whether something changed is asked by the store's token before every answer that is kept. What it gives must not
 * be changed by who gets it.
 */
export function withCachedReads(store: TrackingStore): TrackingStore {
  const answers = new Map<string, Promise<unknown>>();
  let token: string | undefined;

  async function read(name: (typeof READS)[number], args: unknown[]): Promise<unknown> {
    const now = await store.changeToken();
    if (now !== token) answers.clear();
    token = now;
    const question = JSON.stringify([name, args]);
    const known = answers.get(question);
    if (known) return known;
    const answer = (store[name] as (...given: unknown[]) => Promise<unknown>).apply(store, args);
    answers.set(question, answer);
    // What failed is asked again.
    answer.catch(() => answers.delete(question));
    if (answers.size > MOST_ANSWERS) answers.delete(answers.keys().next().value!);
    return answer;
  }

  return new Proxy(store, {
    get(target, name) {
      const isRead = READS.find((each) => each === name);
      if (isRead) return (...args: unknown[]) => read(isRead, args);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

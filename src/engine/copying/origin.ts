import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';

/** Tag of a copied run or version: which one it is a copy of, however many stores lie between. */
export const COPIED_FROM_TAG = 'gnu_mlops.copied_from';

/** Tag of a run that records that a model was copied into its store, and from where. */
export const RECORD_TAG = 'gnu_mlops.copy_record';

/** A run by the id that it got where it was made, so that copies of copies are known, and copying back makes nothing double. */
export function runOrigin({ runId, tags }: Pick<Run, 'runId' | 'tags'>): string {
  return tags[COPIED_FROM_TAG] ?? runId;
}

/** A version by its number where it was registered, with its run, or the store when it has none. */
export function versionOrigin({ name, version, runId, tags }: ModelVersion, location: string): string {
  return tags[COPIED_FROM_TAG] ?? `${name}/${version} of ${runId ?? location}`;
}

/** As much of a run as tells whether it was copied. */
export type RunStub = Pick<Run, 'runId' | 'name' | 'status' | 'tags' | 'artifactUri'>;

/** Every run of an experiment that a filter finds, with these tags only. */
export async function runStubs(
  store: TrackingStore,
  experimentId: string,
  tags: string[],
  filter?: string,
): Promise<RunStub[]> {
  const stubs: RunStub[] = [];
  let pageToken: string | null = null;
  do {
    const page = await store.searchRuns({
      experimentIds: [experimentId],
      maxResults: 1000,
      keys: { params: [], metrics: [], tags: [...tags, COPIED_FROM_TAG] },
      ...(filter === undefined ? {} : { filter }),
      ...(pageToken === null ? {} : { pageToken }),
    });
    stubs.push(...page.runs);
    pageToken = page.nextPageToken;
  } while (pageToken !== null);
  return stubs;
}

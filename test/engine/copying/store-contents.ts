import { readWhole } from '../../../src/engine/artifacts/transfer.ts';
import type { Run, TrackingStore } from '../../../src/engine/tracking/store.ts';

/** Tags that a copy has and its original has not, or the other way round. */
const OF_COPYING = /^gnu_mlops\.(copied_(from|state|artifacts)|owner)$/;

/**
 * Everything a store holds, without ids and places: two stores with the same contents are equal.
 * @param versionUsers who registered versions; MLflow's REST API has no word for that
 */
export async function contentsOf(store: TrackingStore, versionUsers = true): Promise<object> {
  const experiments: Record<string, object[]> = {};
  for (const { experimentId, name } of await store.listExperiments()) {
    if (name === 'Default' || name.endsWith('_copies')) continue;
    const { runs } = await store.searchRuns({ experimentIds: [experimentId], maxResults: 1000 });
    experiments[name] = await Promise.all(runs.map((run) => contentOf(store, run)));
    experiments[name].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  const models: Record<string, object> = {};
  for (const { name, aliases } of await store.listModels()) {
    const versions = await store.listVersions(name);
    models[name] = {
      aliases,
      versions: await Promise.all(
        versions.map(async (version) => ({
          version: version.version,
          description: version.description,
          userId: versionUsers ? version.userId : null,
          stageField: version.stageField,
          tags: own(version.tags),
          files: await filesOf(store, await store.locate(version)),
        })),
      ),
    };
  }
  return { experiments, models };
}

async function contentOf(store: TrackingStore, run: Run): Promise<object> {
  const history = await store.metricHistory(run.runId, Object.keys(run.metrics));
  const metrics = history.map(({ key, value, step, timestamp }) => [key, String(value), step, timestamp].join(' '));
  return {
    name: run.name,
    status: run.status,
    userId: run.userId,
    startTime: run.startTime,
    endTime: run.endTime,
    params: sorted(run.params),
    tags: own(run.tags),
    metrics: metrics.sort(),
    inputs: await store.datasetInputs(run.runId),
    files: await filesOf(store, run.artifactUri),
  };
}

/** Names and contents. */
async function filesOf({ artifacts }: TrackingStore, uri: string): Promise<string[]> {
  const repository = artifacts.repository(uri);
  const texts: string[] = [];
  for (const { path } of await repository.list()) {
    const bytes = await readWhole(repository, path, 1 << 24);
    texts.push(`${path}: ${bytes.toString('base64').slice(0, 2000)} ${bytes.length}`);
  }
  return texts.sort();
}

function own(tags: Record<string, string>): Record<string, string> {
  return sorted(Object.fromEntries(Object.entries(tags).filter(([key]) => !OF_COPYING.test(key))));
}

function sorted(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

import * as assert from 'node:assert/strict';
import { type ApiRequest, MlflowApi } from '../../../src/engine/tracking/rest/api.ts';
import { checkedBatch, logBatch } from '../../../src/engine/tracking/rest/run-batch.ts';

interface Logged {
  params?: { key: string }[];
  metrics?: object[];
  tags?: { key: string }[];
}

/** MLflow's limit of one request, in bytes (MAX_BATCH_LOG_REQUEST_SIZE). */
const MOST_BYTES = 1_000_000;

describe('A batch for a server', () => {
  const bodies: (Logged & { run_id: string })[] = [];
  const api = new MlflowApi({
    location: 'http://server',
    json: async <T>({ body }: ApiRequest) => {
      bodies.push(body as (typeof bodies)[number]);
      return {} as T;
    },
    text: async () => '',
    close: () => undefined,
  });
  const keys = (kind: 'params' | 'tags') => bodies.flatMap((body) => (body[kind] ?? []).map(({ key }) => key));
  const record = (count: number, value: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));

  beforeEach(() => {
    bodies.length = 0;
  });

  it('is one request when it is small', async () => {
    const metrics = [{ key: 'm', value: Number.NaN, timestamp: 1, step: 0 }];
    await logBatch(api, 'r', checkedBatch({ params: { a: '1' }, tags: { b: '2' }, metrics }));
    assert.equal(bodies.length, 1);
  });

  it('keeps every request within the limits of MLflow, in bytes too, and loses nothing', async () => {
    const metrics = Array.from({ length: 2500 }, (_, step) => ({ key: 'm', value: step, timestamp: 1, step }));
    // Three bytes for each character.
    await logBatch(
      api,
      'r',
      checkedBatch({ params: record(120, '字'.repeat(6000)), tags: record(150, '字'.repeat(8000)), metrics }),
    );
    for (const body of bodies) {
      assert.ok(Buffer.byteLength(JSON.stringify(body)) < MOST_BYTES);
      assert.ok((body.params?.length ?? 0) <= 100 && (body.tags?.length ?? 0) <= 100);
      const [params = [], metrics = [], tags = []] = [body.params, body.metrics, body.tags];
      assert.ok(params.length + metrics.length + tags.length <= 1000);
    }
    assert.deepEqual(keys('params'), Object.keys(record(120, '')));
    assert.deepEqual(keys('tags'), Object.keys(record(150, '')));
    assert.equal(bodies.flatMap(({ metrics: some = [] }) => some).length, 2500);
  });

  it('has at most 1,000 items in a request, of all kinds together', async () => {
    const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: 'm', value: step, timestamp: 1, step }));
    await logBatch(api, 'r', checkedBatch({ params: record(100, 'p'), metrics, tags: record(100, 't') }));
    const counts = bodies.map(({ params = [], metrics: some = [], tags = [] }) => [
      params.length,
      some.length,
      tags.length,
    ]);
    assert.deepEqual(counts, [
      [100, 900, 0],
      [0, 100, 100],
    ]);
  });
});

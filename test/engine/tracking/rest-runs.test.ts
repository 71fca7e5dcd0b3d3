import * as assert from 'node:assert/strict';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { type ApiRequest, MlflowApi } from '../../../src/engine/tracking/rest/api.ts';
import { getRuns } from '../../../src/engine/tracking/rest/runs.ts';

describe('Runs of a server by their ids', () => {
  const asked: string[] = [];
  const ids = Array.from({ length: 20 }, (_, i) => `run${i}`);

  /** A server that knows all but one of the runs. */
  function server(searches: boolean): MlflowApi {
    const run = (run_id: string) => ({ info: { run_id, experiment_id: '1', status: 'FINISHED' } });
    const answer = ({ path, query, body }: ApiRequest): object => {
      if (path === 'experiments/search') return { experiments: [{ experiment_id: '1', name: 'e' }] };
      if (path === 'runs/search') {
        if (!searches) throw new EngineError('usage', 'Invalid comparator: IN');
        const { filter } = body as { filter: string };
        return {
          runs: ids
            .slice(1)
            .filter((id) => filter.includes(`'${id}'`))
            .map(run),
        };
      }
      const id = String(query?.run_id);
      if (id === ids[0]) throw new EngineError('not-found', 'No run');
      return { run: run(id) };
    };
    return new MlflowApi({
      location: 'http://server',
      json: async <T>(request: ApiRequest) => {
        asked.push(request.path);
        return answer(request) as T;
      },
      text: async () => '',
      close: () => undefined,
    });
  }

  beforeEach(() => {
    asked.length = 0;
  });

  it('come in one search', async () => {
    const runs = await getRuns(server(true), ids);
    assert.deepEqual(
      runs.map(({ runId }) => runId),
      ids.slice(1),
    );
    assert.deepEqual(asked, ['experiments/search', 'runs/search']);
  });

  it('come one by one from a server that does not search by lists', async () => {
    const runs = await getRuns(server(false), ids);
    assert.deepEqual(
      runs.map(({ runId }) => runId),
      ids.slice(1),
    );
    assert.equal(asked.filter((path) => path === 'runs/get').length, ids.length);
  });
});

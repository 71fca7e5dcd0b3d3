import { withoutSecrets } from '../../../engine/config/secrets.ts';
import { toEngineError } from '../../../engine/support/errors.ts';
import type { EngineApi, EngineEvents, SerialisedError } from '../../../protocol/engine-api.ts';
import { configLanguage } from './config-language.ts';
import { databricks } from './databricks.ts';
import { operations } from './operations.ts';
import { ProjectPool } from './project-pool.ts';
import { queries } from './queries.ts';
import { Requests } from './requests.ts';
import { StoreWatch } from './store-watch.ts';
import { unattended } from './unattended.ts';

export interface EngineService {
  api: EngineApi;
  /** Cancels what runs, waits until it has told the store so, and closes every project. */
  close(): Promise<void>;
}

/** Everything the engine process does for the editor's host. */
export function createEngineService(events: EngineEvents): EngineService {
  const pool = new ProjectPool((entry) => events.log(entry));
  const requests = new Requests((requestId, progress) => events.progress(requestId, progress));
  const watch = new StoreWatch(pool, (configFile) => events.storeChanged(configFile));
  const pending = new Set<Promise<unknown>>();
  const api: EngineApi = {
    ...operations(pool, requests),
    ...unattended(pool, requests, events.log),
    ...databricks(pool, requests),
    ...queries(pool),
    ...configLanguage(pool),
    watch: (ref) => watch.add(ref),
    unwatch: async (ref) => watch.remove(ref),
    cancel: async (requestId) => requests.cancel(requestId),
  };
  return {
    api: withSerialisedErrors(api, pending),
    close: async () => {
      watch.close();
      requests.cancelAll();
      await Promise.allSettled(pending);
      await pool.close();
    },
  };
}

/** Errors cross the process boundary as plain objects: structured cloning drops what a class adds. */
function withSerialisedErrors(api: EngineApi, pending: Set<Promise<unknown>>): EngineApi {
  const wrapped = Object.entries(api).map(([name, method]) => {
    const call = async (...args: unknown[]) => {
      const work = (method as (...given: unknown[]) => Promise<unknown>)(...args);
      pending.add(work);
      try {
        return await work;
      } catch (error) {
        throw serialise(error);
      } finally {
        pending.delete(work);
      }
    };
    return [name, call];
  });
  return Object.fromEntries(wrapped) as EngineApi;
}

function serialise(error: unknown): SerialisedError {
  const { reason, message, details, stack } = toEngineError(error);
  // A bug: the stack is what helps.
  const facts = reason === 'internal' ? { ...details, stack } : details;
  // What is wrong with a configuration that cannot be opened may repeat an address from it.
  return withoutSecrets({ reason, message, details: facts }, []) as SerialisedError;
}

import { EngineError } from '../../../src/engine/support/errors.ts';
import { invalid, missing } from './call.ts';

/** Runs `work` on the store of runs and says what it refuses as the service would. */
export async function fromStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (EngineError.is(error, 'not-found')) throw missing(error.message);
    if (EngineError.is(error, 'usage')) throw invalid(error.message);
    throw error;
  }
}

// A process of its own that promotes versions of a store, for the tests that let several run or kill them.
// Arguments: database file, versions to put into production one after the other (comma-separated), times to repeat.
import { planPromotion } from '../../../src/engine/registry/plan.ts';
import { applyPlan } from '../../../src/engine/registry/promotion.ts';
import { loadRegistryState } from '../../../src/engine/registry/state.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { openSqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { EVENTS, MODEL } from './registry-fixture.ts';

const [file, versions, repeat] = process.argv.slice(2) as [string, string, string];
const store = await openSqliteStore({ path: file });
const counts = { committed: 0, conflict: 0 };
console.log('ready');
for (let round = 0; round < Number(repeat); round++) {
  for (const version of versions.split(',')) await promote(version);
}
await store.close();
console.log(JSON.stringify(counts));

async function promote(version: string): Promise<void> {
  const state = await loadRegistryState(store, EVENTS, MODEL);
  const plan = planPromotion(state, { stage: 'GNU_Production', version });
  try {
    const id = await applyPlan(store, plan, { by: `process ${process.pid}`, eventsExperiment: EVENTS });
    if (id !== null) counts.committed++;
  } catch (error) {
    if (!EngineError.is(error, 'conflict')) throw error;
    counts.conflict++;
  }
}

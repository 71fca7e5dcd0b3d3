import * as assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { uniform } from '../../../src/engine/data/random.ts';
import { detectOutsideChanges, stageAt } from '../../../src/engine/registry/history.ts';
import { planPromotion } from '../../../src/engine/registry/plan.ts';
import { applyPlan } from '../../../src/engine/registry/promotion.ts';
import { isStale, recoverInterrupted } from '../../../src/engine/registry/recovery.ts';
import { loadRegistryState, type RegistryState } from '../../../src/engine/registry/state.ts';
import { OWNER_TAG, ownerTag, ownIdentity } from '../../../src/engine/support/process-identity.ts';
import type { SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import type { NewRun } from '../../../src/engine/tracking/store.ts';
import { temporaryStore } from '../tracking/temporary-store.ts';
import { EVENTS, MODEL, register } from './registry-fixture.ts';

const KILLS = 30;
const SEED = 20261124;

function start(file: string, versions: string, repeat: number): ChildProcess {
  const program = path.join(import.meta.dirname, 'promoting-process.ts');
  return spawn(process.execPath, [program, file, versions, String(repeat)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** What the process printed last. */
async function counts(child: ChildProcess): Promise<{ committed: number; conflict: number }> {
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  return JSON.parse(output.trim().split('\n').at(-1)!);
}

/** The finished events form one chain: each found in production what the one before it had put there. */
function assertOneChain({ events, aliases }: RegistryState): void {
  const finished = events.filter((event) => event.status === 'FINISHED').reverse();
  const before = finished.map((_, index) => finished[index - 1]?.version ?? null);
  assert.deepEqual(
    finished.map((event) => event.previous),
    before,
  );
  assert.equal(aliases.GNU_Production, finished.at(-1)?.version);
}

describe('Several processes', () => {
  let store: SqliteStore;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    ({ store, dispose } = await temporaryStore());
    await register(store, 4);
  });

  afterEach(() => dispose());

  const load = () => loadRegistryState(store, EVENTS, MODEL);

  it('that promote at the same time take turns or are told who won', async function () {
    this.timeout(60_000);
    const results = await Promise.all([counts(start(store.file, '1,2', 15)), counts(start(store.file, '3,4', 15))]);
    const state = await load();
    assertOneChain(state);
    assert.deepEqual(detectOutsideChanges(state), []);
    const ended = (status: string) => state.events.filter((event) => event.status === status).length;
    assert.equal(ended('FINISHED'), results[0].committed + results[1].committed);
    assert.equal(ended('FAILED'), results[0].conflict + results[1].conflict);
    assert.equal(ended('RUNNING'), 0);
  });

  it('killed at any instant leave one version in production and, after recovery, nothing RUNNING', async function () {
    this.timeout(120_000);
    const random = uniform(SEED);
    let interrupted = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = start(store.file, '1,2,3', 1000);
      await once(child.stdout!, 'data');
      await delay(random() * 60);
      child.kill('SIGKILL');
      await once(child, 'exit');
      interrupted += (await recoverInterrupted(store, ['contract', EVENTS, 'missing'])).length;
      const state = await load();
      assertOneChain(state);
      assert.equal(state.events.filter((event) => event.status === 'RUNNING').length, 0);
    }
    assert.ok(interrupted > 0, 'No kill hit a promotion: the test proves nothing.');
    const database = new DatabaseSync(store.file, { readOnly: true });
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    database.close();
    const state = await load();
    assert.equal(stageAt(state, Date.now() + 60_000).GNU_Production?.version, state.aliases.GNU_Production);
  });
});

describe('Recovery', () => {
  let store: SqliteStore;
  let dispose: () => Promise<void>;
  const dead = { ...ownIdentity(), pid: 2 ** 22 + 1, start: '1' };
  const elsewhere = { ...dead, host: 'build-7' };

  beforeEach(async () => {
    ({ store, dispose } = await temporaryStore());
    await register(store, 2);
  });

  afterEach(() => dispose());

  const startRun = async (tags: Record<string, string>) => {
    const { experimentId } = await store.ensureExperiment('contract');
    return store.createRun({ experimentId, name: 'train', userId: 'u', startTime: Date.now(), tags });
  };
  const load = () => loadRegistryState(store, EVENTS, MODEL);

  it('ends the training of a dead process and of nobody else', async () => {
    const tags = [dead, ownIdentity(), elsewhere].map((owner) => ({ [OWNER_TAG]: ownerTag(owner) }));
    const runs = await Promise.all([...tags, {}].map((tag) => startRun(tag)));
    const recovered = await recoverInterrupted(store, ['contract']);
    assert.deepEqual(
      recovered.map((run) => [run.runId, run.status]),
      [[runs[0]!.runId, 'KILLED']],
    );
    const states = await Promise.all(runs.map(async (run) => (await store.getRun(run.runId)).status));
    assert.deepEqual(states, ['KILLED', 'RUNNING', 'RUNNING', 'RUNNING']);
    assert.deepEqual(await recoverInterrupted(store, ['contract']), []);
  });

  it('finishes a training that was cut off behind its registration, which a server does before', async () => {
    const run = await startRun({ [OWNER_TAG]: ownerTag(dead) });
    const other = await startRun({});
    const register = { name: 'cut off', source: `runs:/${run.runId}/model`, runId: run.runId, userId: 'u' };
    await store.finishRun(other.runId, { status: 'FINISHED', endTime: Date.now(), register });
    const recovered = await recoverInterrupted(store, ['contract'], undefined, undefined, 'cut off');
    assert.deepEqual(
      recovered.map(({ runId, status }) => [runId, status]),
      [[run.runId, 'FINISHED']],
    );
  });

  it('shows runs of other hosts as stale after ten minutes', async () => {
    const run = await startRun({ [OWNER_TAG]: ownerTag(elsewhere) });
    assert.equal(isStale(run, new Date(run.startTime + 9 * 60_000)), false);
    assert.equal(isStale(run, new Date(run.startTime + 11 * 60_000)), true);
    const beating = { ...run, tags: { ...run.tags, 'gnu_mlops.heartbeat': String(run.startTime + 5 * 60_000) } };
    assert.equal(isStale(beating, new Date(run.startTime + 11 * 60_000)), false);
    assert.equal(isStale({ ...run, status: 'FINISHED' }, new Date(run.startTime + 11 * 60_000)), false);
  });

  /** Stops a promotion where a server's client may die: behind the alias, before the event's end. */
  const halfPromote = async (version: string, moveAlias: boolean): Promise<void> => {
    const plan = planPromotion(await load(), { stage: 'GNU_Production', version });
    const options = { by: 'alice', eventsExperiment: EVENTS, owner: ownerTag(dead) };
    const dying = Object.assign(Object.create(store), {
      commitPromotion: () => new Promise(() => {}),
      createRun: (run: NewRun) => store.createRun(run),
      ensureExperiment: (name: string) => store.ensureExperiment(name),
    });
    void applyPlan(dying, plan, options);
    while ((await load()).events[0]?.version !== version) await delay(5);
    if (!moveAlias) return;
    const database = new DatabaseSync(store.file);
    database.prepare("DELETE FROM registered_model_aliases WHERE alias = 'GNU_Production'").run();
    database
      .prepare('INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, ?, ?)')
      .run(MODEL, 'GNU_Production', Number(version));
    database.close();
  };

  it('kills an event that had not moved the alias', async () => {
    await halfPromote('1', false);
    assert.equal((await recoverInterrupted(store, [EVENTS]))[0]?.status, 'KILLED');
    assert.deepEqual((await load()).aliases, {});
  });

  it('finishes an event whose alias was moved, with everything behind it', async () => {
    await applyPlan(store, planPromotion(await load(), { stage: 'GNU_Production', version: '1' }), {
      by: 'alice',
      eventsExperiment: EVENTS,
    });
    await halfPromote('2', true);
    assert.equal(detectOutsideChanges(await load()).length, 1);
    assert.equal((await recoverInterrupted(store, [EVENTS]))[0]?.status, 'FINISHED');
    const state = await load();
    assertOneChain(state);
    assert.deepEqual(
      state.versions.map((version) => version.stageField),
      ['Production', 'Archived'],
    );
  });

  it('does not credit a dead process with what somebody else did later', async () => {
    await halfPromote('2', false);
    await applyPlan(store, planPromotion(await load(), { stage: 'GNU_Production', version: '2' }), {
      by: 'bob',
      eventsExperiment: EVENTS,
    });
    assert.equal((await recoverInterrupted(store, [EVENTS]))[0]?.status, 'KILLED');
    assertOneChain(await load());
  });
});

import * as assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createDataset,
  type DeployResult,
  deploy,
  info,
  openProject,
  type Project,
  planDeploy,
  rollback,
  type TrainResult,
  train,
} from '../../src/engine/index.ts';
import { gnuMlops } from '../cli/command.ts';
import { type ErrorDocument, parseDocument } from '../cli/documents.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../harness/fault-proxy.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';

/** One that is not answered in time is given up soon, and what may be tried again is tried once more. */
const ENV = { MLFLOW_HTTP_REQUEST_TIMEOUT: '2', MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1' };

const isFull = process.env.TEST_DEPTH === 'full';

/** What happens to the requests of a command: to the one at `at`, and behind it. */
interface Way {
  name: string;
  fault(n: number, at: number): Fault | undefined;
  /** How many requests it is tried at, evenly between the first and the last; TEST_DEPTH=full tries all. */
  points: number;
}

const EVERY = Number.POSITIVE_INFINITY;
const WAYS: Way[] = [
  {
    name: 'refused from it on',
    fault: (n, at) => (n >= at ? 'refuse' : undefined),
    points: EVERY,
  },
  {
    name: 'cut, then refused',
    fault: (n, at) => (n === at ? 'cut' : n > at ? 'refuse' : undefined),
    points: EVERY,
  },
  { name: 'cut alone', fault: (n, at) => (n === at ? 'cut' : undefined), points: 3 },
  { name: 'refused alone', fault: (n, at) => (n === at ? 'refuse' : undefined), points: 3 },
  { name: 'empty alone', fault: (n, at) => (n === at ? 'empty' : undefined), points: 8 },
  ...(['error', 'page', 'half', 'nonsense', 'empty', 'hang', 'slow'] as const).map((kind) => ({
    name: `${kind} from it on`,
    fault: (n: number, at: number) => (n >= at ? kind : undefined),
    points: 3,
  })),
];

/** What a person does again and again, each in a project and with a model of its own. */
interface Operation {
  name: string;
  /** The command to give now. */
  args(project: Project): Promise<string[]>;
  /** Whether all of it is there when the command says that it is done. */
  isDone(project: Project, args: string[], stdout: string): Promise<boolean>;
  /** Does the same once more after the fault; a promotion that was done already is `unchanged`. */
  again(project: Project, args: string[]): Promise<unknown>;
}

const holders = async (project: Project) => {
  const { Staging, GNU_Production } = (await info(project)).stages;
  return { staging: Staging?.version, production: GNU_Production!.version };
};

/** A version that holds no stage. */
async function idle(project: Project): Promise<string> {
  const { staging, production } = await holders(project);
  return ['1', '2', '3'].find((version) => version !== staging && version !== production)!;
}

const OPERATIONS: Operation[] = [
  {
    name: 'train',
    args: async () => ['train'],
    isDone: async (project, _, stdout) => {
      const { version, run_id } = JSON.parse(stdout) as TrainResult;
      const { metrics, params } = await project.store.getRun(run_id);
      const { status } = await planDeploy(project, { stage: 'Staging', version: version! });
      return Object.keys(metrics).length > 0 && Object.keys(params).length > 0 && status === 'dry-run';
    },
    again: (project) => train(project),
  },
  {
    name: 'deploy to Staging',
    args: async (project) => ['deploy', '--stage', 'staging', '--version', await idle(project)],
    isDone: async (project, args) => (await holders(project)).staging === args.at(-1),
    again: (project, args) => deploy(project, { stage: 'Staging', version: args.at(-1)! }),
  },
  {
    name: 'deploy to production',
    args: async (project) => {
      const { staging } = await holders(project);
      if (staging === undefined) await deploy(project, { stage: 'Staging', version: await idle(project) });
      return ['deploy', '--stage', 'production'];
    },
    isDone: async (project, _, stdout) =>
      (await holders(project)).production === (JSON.parse(stdout) as DeployResult).version,
    again: async (project) => {
      const { staging } = await holders(project);
      return staging === undefined ? undefined : deploy(project, { stage: 'GNU_Production' });
    },
  },
  {
    name: 'roll back',
    args: async (project) => {
      const { production } = await holders(project);
      return ['rollback', '--to-version', production === '1' ? '2' : '1'];
    },
    isDone: async (project, args) => (await holders(project)).production === args.at(-1),
    again: async (project, args) => {
      await rollback(project, { toVersion: args.at(-1)! });
      assert.equal((await holders(project)).production, args.at(-1));
    },
  },
];

describe('A server that fails in the middle of', function () {
  this.timeout(isFull ? 4 * 3_600_000 : 1_200_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-faults-'));
  let server: MlflowServer;
  const lanes = new Map<string, Promise<string>>();
  const proxies: FaultProxy[] = [];
  const table: string[] = [];

  before(async () => {
    server = await startMlflowServer({ python: 'mlflow3' });
    createDataset({ folder: path.join(folder, 'data'), rows: 500 });
    // Side by side, because most of the time they wait before they try again.
    for (const operation of OPERATIONS) {
      const proxy = await startFaultProxy(server.uri);
      proxies.push(proxy);
      const lane = tryAll(operation, new Lane(operation, proxy, folder));
      lane.catch(() => undefined);
      lanes.set(operation.name, lane);
    }
  });

  after(async () => {
    await Promise.allSettled(lanes.values());
    console.log(`\n${table.map((line) => `      ${line}`).join('\n')}\n`);
    for (const proxy of proxies) await proxy.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { name } of OPERATIONS) {
    it(`${name}: whatever request is lost, the next command finds everything sound and works`, async () => {
      table.push(await lanes.get(name)!);
    });
  }
});

/** Tries every way at every point it is to be tried at; tells what came of it. */
async function tryAll(operation: Operation, lane: Lane): Promise<string> {
  await lane.setUp();
  const requests = await lane.cleanRun();
  const told: string[] = [];
  for (const way of WAYS) {
    const ends = { done: 0, unreachable: 0 };
    for (const at of sample(requests.length, isFull ? EVERY : way.points)) {
      ends[await lane.survive(way, at, `${operation.name}, ${way.name}, request ${at}, ${requests[at - 1]}`)]++;
    }
    told.push(`${way.name}: ${ends.unreachable} + ${ends.done}`);
  }
  return `${operation.name}, ${requests.length} requests (unreachable + done all the same): ${told.join(', ')}`;
}

/** An operation's project, behind a proxy of its own. */
class Lane {
  readonly #operation: Operation;
  readonly #proxy: FaultProxy;
  readonly #folder: string;
  readonly #experiment: string;
  readonly #model: string;

  constructor(operation: Operation, proxy: FaultProxy, parent: string) {
    const name = operation.name.replaceAll(' ', '-').toLowerCase();
    this.#operation = operation;
    this.#proxy = proxy;
    this.#experiment = name;
    this.#model = `model-${name}`;
    this.#folder = path.join(parent, name);
    mkdirSync(this.#folder);
    writeFileSync(
      path.join(this.#folder, 'config.yaml'),
      `mlflow: { tracking_uri: "${proxy.uri}", experiment_name: ${name}, model_name: ${this.#model} }
data: { path: ../data/train.csv }
training: { cv_folds: 0 }
model: { hyperparameters: { n_estimators: 5, max_depth: 3 } }
deployment: { gates: { staging: { accuracy: 0 }, production: { accuracy: 0 } } }
`,
    );
  }

  /** Three versions, of which two have been in production. */
  setUp(): Promise<void> {
    return this.#healthy(async (project) => {
      for (let i = 0; i < 3; i++) await train(project);
      for (const version of ['1', '2']) {
        await deploy(project, { stage: 'Staging', version });
        await deploy(project, { stage: 'GNU_Production' });
      }
    });
  }

  /** The requests of the command when nothing goes wrong. */
  async cleanRun(): Promise<string[]> {
    const args = await this.#healthy((project) => this.#operation.args(project));
    this.#proxy.plan(() => undefined);
    const { code, stderr } = await this.#command(args);
    assert.equal(code, 0, stderr);
    return [...this.#proxy.requests];
  }

  async survive(way: Way, at: number, told: string): Promise<'done' | 'unreachable'> {
    const args = await this.#healthy((project) => this.#operation.args(project));
    this.#proxy.plan((n) => way.fault(n, at));
    const result = await this.#command(args);
    const { code, stderr } = result;
    assert.ok(code === 0 || code === 4, `${told}: ${stderr}`);
    if (code === 4) assert.equal(parseDocument<ErrorDocument>(result, 'error').error.reason, 'unreachable', told);
    await this.#healthy((project) => this.#requireSound(project)).catch((error) =>
      assert.fail(`${told}: ${stderr}\n${error.stack}`),
    );
    if (code === 0) {
      const isDone = await this.#healthy((project) => this.#operation.isDone(project, args, result.stdout));
      assert.ok(isDone, `${told}: it says that it is done, and is not`);
    }
    await this.#healthy((project) => this.#operation.again(project, args)).catch((error) =>
      assert.fail(`again after ${told}: ${stderr}\n${error.stack}`),
    );
    return code === 0 ? 'done' : 'unreachable';
  }

  /** A process of its own, because what it leaves behind is mended when it is gone. */
  #command(args: string[]) {
    return gnuMlops([...args, '--json'], { cwd: this.#folder, env: ENV });
  }

  async #healthy<T>(use: (project: Project) => Promise<T>): Promise<T> {
    this.#proxy.plan(() => undefined);
    const project = await openProject({ configFile: path.join(this.#folder, 'config.yaml'), env: {} });
    try {
      await project.recover();
      return await use(project);
    } finally {
      await project.close();
    }
  }

  /** Whatever happened: one production, told truly, nothing under way, no run with two versions. */
  async #requireSound(project: Project): Promise<void> {
    const { store } = project;
    const { stages, changed_outside, history } = await info(project, { history: true });
    const holder = stages.GNU_Production?.version;
    assert.ok(holder, 'production is not empty');
    assert.deepEqual(changed_outside, [], 'nothing looks as if somebody else had done it');
    const last = history.find(({ to, status }) => to === 'GNU_Production' && status === 'FINISHED');
    assert.equal(last?.version, holder, 'the history ends with what is in production');
    assert.deepEqual(
      history.filter(({ status }) => status === 'RUNNING'),
      [],
    );
    const versions = await store.listVersions(this.#model);
    for (const [stage, version] of [
      ['Production', holder],
      ['Staging', stages.Staging?.version],
    ]) {
      assert.deepEqual(
        versions.filter(({ stageField }) => stageField === stage).map((each) => each.version),
        version === undefined ? [] : [version],
        `MLflow's own stage ${stage}`,
      );
    }
    const runs = versions.map(({ runId }) => runId!);
    assert.equal(new Set(runs).size, runs.length, 'no run has two versions');
    const finished = await this.#runs(store, this.#experiment, 'FINISHED');
    assert.deepEqual(
      runs.filter((id) => !finished.includes(id)),
      [],
      'a version comes from a run that was finished',
    );
    for (const name of [this.#experiment, `${this.#experiment}_events`]) {
      assert.deepEqual(await this.#runs(store, name, 'RUNNING'), [], `nothing goes on in ${name}`);
    }
  }

  async #runs(store: Project['store'], experiment: string, status: string): Promise<string[]> {
    const { experimentId } = (await store.findExperiment(experiment))!;
    const filter = `attributes.status = '${status}'`;
    const { runs } = await store.searchRuns({ experimentIds: [experimentId], filter, maxResults: 1000 });
    return runs.map(({ runId }) => runId);
  }
}

/** The first, the last and some between them, evenly; all of them when there are no more. */
function sample(count: number, most: number): number[] {
  const points = Math.min(most, count);
  const step = (count - 1) / Math.max(1, points - 1);
  return [...new Set(Array.from({ length: points }, (_, i) => Math.round(1 + i * step)))];
}

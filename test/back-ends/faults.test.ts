import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDataset, deploy, info, openProject, type Project, rollback, train } from '../../src/engine/index.ts';
import { gnuMlops } from '../cli/command.ts';
import { type ErrorDocument, parseDocument } from '../cli/documents.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../harness/fault-proxy.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';

const MODEL = 'gnu_mlops_model';
const EXPERIMENT = 'faults';

/** One that is not answered in time is given up soon, and what may be tried again is tried once more. */
const ENV = { MLFLOW_HTTP_REQUEST_TIMEOUT: '2', MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1' };

/** TEST_DEPTH=full tries every request; otherwise about so many of each operation and way. */
const POINTS = process.env.TEST_DEPTH === 'full' ? Number.POSITIVE_INFINITY : 4;

/** Faults of one request alone: what the command says of them. */
const OTHERS: Fault[] = ['error', 'page', 'half', 'hang', 'nonsense', 'slow'];

/** What happens to the requests of a command: to the one at `at`, and behind it. */
const WAYS: [string, (n: number, at: number) => Fault | undefined][] = [
  ['refused from it on', (n, at) => (n >= at ? 'refuse' : undefined)],
  ['cut, then refused', (n, at) => (n === at ? 'cut' : n > at ? 'refuse' : undefined)],
  ['cut alone', (n, at) => (n === at ? 'cut' : undefined)],
];

describe('A server that fails in the middle of', function () {
  this.timeout(600_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-faults-'));
  const configFile = path.join(folder, 'config.yaml');
  let server: MlflowServer;
  let proxy: FaultProxy;
  const table: string[] = [];

  before(async () => {
    server = await startMlflowServer({ python: 'mlflow3' });
    proxy = await startFaultProxy(server.uri);
    createDataset({ folder: path.join(folder, 'data'), rows: 500 });
    writeFileSync(
      configFile,
      `mlflow: { tracking_uri: "${proxy.uri}", experiment_name: ${EXPERIMENT} }
training: { cv_folds: 0 }
model: { hyperparameters: { n_estimators: 5, max_depth: 3 } }
deployment: { gates: { staging: { accuracy: 0 }, production: { accuracy: 0 } } }
`,
    );
    await healthy(async (project) => {
      for (let i = 0; i < 3; i++) await train(project);
      for (const version of ['1', '2']) {
        await deploy(project, { stage: 'Staging', version });
        await deploy(project, { stage: 'GNU_Production' });
      }
    });
  });

  after(async () => {
    console.log(`\n${table.map((line) => `      ${line}`).join('\n')}\n`);
    await proxy?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function healthy<T>(use: (project: Project) => Promise<T>): Promise<T> {
    proxy.plan(() => undefined);
    const project = await openProject({ configFile, env: {} });
    try {
      await project.recover();
      return await use(project);
    } finally {
      await project.close();
    }
  }

  /** A process of its own, because what it leaves behind is mended when it is gone. */
  const command = (args: string[]) => gnuMlops([...args, '--json'], { cwd: folder, env: ENV });

  /** Whatever happened: one production, told truly, nothing under way, no run with two versions. */
  function requireSound(): Promise<string> {
    return healthy(async (project) => {
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
      const versions = await store.listVersions(MODEL);
      assert.deepEqual(
        versions.filter(({ stageField }) => stageField === 'Production').map(({ version }) => version),
        [holder],
      );
      const runs = versions.map(({ runId }) => runId);
      assert.equal(new Set(runs).size, runs.length, 'no run has two versions');
      for (const { runId } of versions) {
        assert.equal((await store.getRun(runId!)).status, 'FINISHED', 'a version comes from a run that was finished');
      }
      for (const name of [EXPERIMENT, `${EXPERIMENT}_events`]) {
        const experiment = await store.findExperiment(name);
        const running = { experimentIds: [experiment!.experimentId], filter: "attributes.status = 'RUNNING'" };
        assert.deepEqual((await store.searchRuns(running)).runs, [], `nothing goes on in ${name}`);
      }
      return holder;
    });
  }

  /** Stands ready for the operation again and again. */
  interface Operation {
    name: string;
    args: string[];
    prepare(project: Project): Promise<unknown>;
    /** Does it again after the fault; a promotion that was done already is `unchanged`. */
    again(project: Project): Promise<unknown>;
  }

  const inProduction = async (project: Project) => (await info(project)).stages.GNU_Production!.version;
  const other = async (project: Project) => ((await inProduction(project)) === '3' ? '1' : '3');

  const OPERATIONS: Operation[] = [
    { name: 'train', args: ['train'], prepare: async () => undefined, again: (project) => train(project) },
    {
      name: 'deploy to Staging',
      args: ['deploy', '--stage', 'staging', '--version', '2'],
      prepare: async (project) => {
        // Production is another version, and Staging too.
        if ((await inProduction(project)) === '2') await toProduction(project, '3');
        await deploy(project, { stage: 'Staging', version: await other(project) });
      },
      again: (project) => deploy(project, { stage: 'Staging', version: '2' }),
    },
    {
      name: 'deploy to production',
      args: ['deploy', '--stage', 'production'],
      prepare: async (project) => deploy(project, { stage: 'Staging', version: await other(project) }),
      again: async (project) => {
        const { Staging } = (await info(project)).stages;
        return Staging === null ? undefined : deploy(project, { stage: 'GNU_Production' });
      },
    },
    {
      name: 'roll back',
      args: ['rollback', '--to-version', '2'],
      prepare: async (project) => {
        if ((await inProduction(project)) === '2') await toProduction(project, '3');
      },
      again: async (project) => {
        if ((await inProduction(project)) !== '2') await rollback(project, { toVersion: '2' });
        assert.equal(await inProduction(project), '2');
      },
    },
  ];

  async function toProduction(project: Project, version: string): Promise<void> {
    await deploy(project, { stage: 'Staging', version });
    await deploy(project, { stage: 'GNU_Production' });
  }

  for (const operation of OPERATIONS) {
    it(`${operation.name}: whatever request is lost, the next command finds everything sound and works`, async () => {
      await healthy(operation.prepare);
      proxy.plan(() => undefined);
      const clean = await command(operation.args);
      assert.equal(clean.code, 0, clean.stderr);
      const all = [...proxy.requests];
      const ends = { 'done all the same': 0, unreachable: 0 };
      for (const [way, fault] of WAYS) {
        for (const at of sample(all.length)) {
          const told = `${way}, request ${at}, ${all[at - 1]}`;
          ends[await survive(operation, told, (n) => fault(n, at))]++;
        }
      }
      await requireSound();
      table.push(`${operation.name}: ${all.length} requests, ${JSON.stringify(ends)}`);
    });
  }

  async function survive(operation: Operation, told: string, fault: (n: number) => Fault | undefined) {
    await healthy(operation.prepare);
    proxy.plan(fault);
    const result = await command(operation.args);
    const { code, stderr } = result;
    assert.ok(code === 0 || code === 4, `${told}: ${stderr}`);
    if (code === 4) assert.equal(parseDocument<ErrorDocument>(result, 'error').error.reason, 'unreachable', told);
    await requireSound().catch((error) => assert.fail(`${told}: ${stderr}\n${error.stack}`));
    await healthy(operation.again).catch((error) => assert.fail(`again after ${told}: ${stderr}\n${error.stack}`));
    return code === 0 ? 'done all the same' : 'unreachable';
  }

  it('anything, with an error, a web page, half an answer, none, one that drips, or nonsense: is told within the time-out', async () => {
    for (const operation of OPERATIONS.filter(({ name }) => name !== 'deploy to Staging')) {
      await healthy(operation.prepare);
      proxy.plan(() => undefined);
      const clean = await command([...operation.args, ...(operation.name === 'train' ? [] : ['--dry-run'])]);
      assert.equal(clean.code, 0, clean.stderr);
      const count = proxy.requests.length;
      for (const fault of OTHERS) {
        for (const at of pointsOf(fault, count)) {
          await healthy(operation.prepare);
          proxy.plan((n) => (n >= at ? fault : undefined));
          const { code, stdout, stderr } = await command(operation.args);
          const told = `${operation.name}, ${fault} from request ${at} on: ${stderr}`;
          assert.equal(code, 4, told);
          const { error } = parseDocument<ErrorDocument>({ code, stdout, stderr }, 'error');
          assert.equal(error.reason, 'unreachable', told);
          await requireSound().catch((failed) => assert.fail(`${told}\n${failed.stack}`));
        }
      }
      table.push(`${operation.name}: ${OTHERS.join(', ')} on up to 3 requests each: unreachable, exit code 4`);
    }
  });

  /** An answer that drips takes its whole time, and hanging shows the same at more places. */
  function pointsOf(fault: Fault, count: number): number[] {
    const middle = Math.ceil(count / 2);
    return fault === 'slow' ? [middle] : [1, middle, count];
  }

  /** The first, the last and some between them, evenly. */
  function sample(count: number): number[] {
    const points = Math.min(POINTS, count);
    const step = (count - 1) / Math.max(1, points - 1);
    return [...new Set(Array.from({ length: points }, (_, i) => Math.round(1 + i * step)))];
  }
});

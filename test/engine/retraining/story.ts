import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tableAsCsv } from '../../../src/engine/data/csv-text.ts';
import { generateTable, SYNTHETIC_DEFAULTS } from '../../../src/engine/data/sources/synthetic.ts';
import {
  type BatchResult,
  createDataset,
  deploy,
  info,
  listRuns,
  openProject,
  type Project,
  retrain,
  rollback,
  train,
} from '../../../src/engine/index.ts';
import { logPredictions } from '../../../src/engine/monitoring/prediction-log.ts';
import { followBatch, watchedBatch } from '../../../src/engine/retraining/after-batch.ts';
import type { TrackingStore } from '../../../src/engine/tracking/store.ts';

const DAY = 86_400_000;
export const START = Date.parse('2026-01-01T02:00:00Z');

/** A clock that only the test moves, and a project that looks at it. */
export class Story {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-retrain-'));
  now = START;
  settings: string[] = [];

  constructor() {
    createDataset({ folder: path.join(this.folder, 'data'), rows: 3000, noise: 0.1 });
    const config = [
      'mlflow: { experiment_name: story }',
      'training: { cv_folds: 0 }',
      'model: { hyperparameters: { n_estimators: 1, max_depth: 2 } }',
      'deployment: { gates: { staging: { accuracy: 0.5 }, production: { accuracy: 0.5 } } }',
      'batch_inference: { settle_seconds: 0 }',
    ];
    writeFileSync(path.join(this.folder, 'config.yaml'), config.join('\n'));
  }

  /** More lines of config.yaml. */
  configure(...lines: string[]): void {
    appendFileSync(path.join(this.folder, 'config.yaml'), `\n${lines.join('\n')}`);
  }

  async with<T>(act: (project: Project) => Promise<T>): Promise<T> {
    const configFile = path.join(this.folder, 'config.yaml');
    const project = await openProject({ configFile, set: this.settings, env: {}, clock: () => new Date(this.now) });
    try {
      return await act(project);
    } finally {
      await project.close();
    }
  }

  retrain(options = {}) {
    return this.with((project) => retrain(project, options));
  }

  /** A first model, weak on purpose, in production. */
  async deployFirst(): Promise<void> {
    await this.with(async (project) => {
      await train(project);
      await deploy(project, { stage: 'Staging' });
      await deploy(project, { stage: 'GNU_Production' });
    });
  }

  /** A version in production that has one leaf, whatever comes in. */
  async deployConstant(): Promise<void> {
    const usual = this.settings;
    this.settings = [
      'model.hyperparameters.min_samples_leaf=3000',
      'deployment.gates={ staging: { accuracy: 0 }, production: { accuracy: 0 } }',
    ];
    await this.deployFirst();
    this.settings = usual;
  }

  /** Further nights of a version, each as the last one in the prediction log, whichever version that was of. */
  repeatNight(version: string, nights: number): void {
    const folder = path.join(this.folder, 'data/prediction_log');
    const last = readFileSync(path.join(folder, readdirSync(folder).sort().at(-1)!), 'utf8')
      .trim()
      .split('\n')
      .at(-1)!;
    for (let night = 1; night <= nights; night++) {
      this.later(1);
      const time = new Date(this.now).toISOString();
      const entry = { ...JSON.parse(last), id: `night-${night}`, model_version: version, time };
      logPredictions(folder, false, [entry]);
    }
  }

  /** A version whose model file is gone loads no more. */
  async breakModel(version: string): Promise<void> {
    const folder = await this.modelFolder(version);
    this.#taken.set(version, readFileSync(path.join(folder, 'model.onnx')));
    rmSync(path.join(folder, 'model.onnx'));
  }

  readonly #taken = new Map<string, Buffer>();

  async mendModel(version: string): Promise<void> {
    writeFileSync(path.join(await this.modelFolder(version), 'model.onnx'), this.#taken.get(version)!);
  }

  /** A person mends a version that was broken and puts it back into production; then it breaks again. */
  async redeploy(version: string): Promise<void> {
    await this.mendModel(version);
    await this.with((project) => rollback(project, { toVersion: version, notes: 'mended' }));
    await this.breakModel(version);
  }

  modelFolder(version: string): Promise<string> {
    return this.with(async ({ store }) => store.locate(await store.getVersion('gnu_mlops_model', version)));
  }

  async production(): Promise<string | undefined> {
    return (await this.with((project) => info(project))).stages.GNU_Production?.version;
  }

  async trainings(): Promise<number> {
    return (await this.with((project) => listRuns(project))).runs.length;
  }

  later(days: number): void {
    this.now += days * DAY;
  }

  strengthen(): void {
    this.settings = ['model.hyperparameters.n_estimators=50', 'model.hyperparameters.max_depth=8'];
  }

  async scoreDay(drift: number, rows = 400): Promise<void> {
    this.deliver(drift, rows);
    await this.scoreAgain();
  }

  /** A file to score, with inputs that have moved so far. */
  deliver(drift: number, rows = 400): void {
    const folder = path.join(this.folder, 'data/batch_input');
    mkdirSync(folder, { recursive: true });
    const table = generateTable({ ...SYNTHETIC_DEFAULTS, rows, drift, sample: 7, targetColumn: 'target' });
    writeFileSync(path.join(folder, 'day.csv'), tableAsCsv(table));
  }

  /** What failed is left where it is, and would fail every night. */
  clearInputs(): void {
    rmSync(path.join(this.folder, 'data/batch_input'), { recursive: true });
  }

  /** A night with whatever lies in the input folder. */
  scoreAgain(): Promise<BatchResult> {
    return this.with(async (project) => {
      const result = await watchedBatch(project);
      await followBatch(project, result);
      return result;
    });
  }

  /** A night in which every row is the same. */
  scoreConstant(): Promise<void> {
    return this.#scoreRows(Array.from({ length: 300 }, () => Array.from({ length: 10 }, () => '0.5').join(',')));
  }

  /** A night in which no row fits. */
  scoreRefused(): Promise<void> {
    return this.#scoreRows(Array.from({ length: 300 }, () => Array.from({ length: 10 }, () => 'text').join(',')));
  }

  async #scoreRows(rows: string[]): Promise<void> {
    const folder = path.join(this.folder, 'data/batch_input');
    mkdirSync(folder, { recursive: true });
    const header = Array.from({ length: 10 }, (_, i) => `feature_${i + 1}`).join(',');
    writeFileSync(path.join(folder, 'rows.csv'), `${[header, ...rows].join('\n')}\n`);
    await this.scoreAgain();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The project, with somebody who acts once, before or after the first call of a function of its store. */
export function withInterruption(
  project: Project,
  when: 'before' | 'after',
  name: keyof TrackingStore,
  act: () => Promise<unknown>,
): Project {
  let acting: Promise<unknown> | undefined;
  const store = new Proxy(project.store, {
    get: (target, key: keyof TrackingStore) => {
      const member = target[key];
      if (typeof member !== 'function') return member;
      const call = member.bind(target) as (...args: unknown[]) => unknown;
      if (key !== name) return call;
      return async (...args: unknown[]) => {
        if (when === 'before') acting ??= act();
        await acting;
        const answer = await call(...args);
        acting ??= act();
        await acting;
        return answer;
      };
    },
  });
  return { ...project, store };
}

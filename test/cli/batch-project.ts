// A project with a model in production, for the tests of batches.
import * as assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BatchResult, type Manifest, openProject } from '../../src/engine/index.ts';
import type { TrackingStore } from '../../src/engine/tracking/store.ts';
import { type CommandResult, exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { parseDocument } from './documents.ts';

export const HEADER = 'island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year';
export const ROW = 'Biscoe,46.1,13.2,211,4500,female,2007';

export interface BatchProject extends TemporaryProject {
  /** Takes away all inputs, outputs and archived files. */
  reset(): void;
  withStore<T>(look: (store: TrackingStore) => Promise<T>): Promise<T>;
  /** Puts a file into the input folder. */
  put(name: string, content: string | Buffer): string;
  batch(args?: string[], env?: Record<string, string>): Promise<CommandResult>;
  /** The document of a batch that must end with `code`. */
  result(code: number, ...args: string[]): Promise<BatchResult>;
  /** Names in a folder of the project, sorted; none when it is missing. */
  names(folder: string): string[];
  manifests(): Manifest[];
  /** Files of the journal, whole and half written. */
  journal(): string[];
  text(file: string): string;
}

/** Penguins: text and numbers with gaps; `year` may not be missing. A forest of 5 trees in production. */
export async function batchProject(settings = ''): Promise<BatchProject> {
  const project = exampleProject('penguins');
  const file = (name: string) => path.join(project.folder, name);
  const config = readFileSync(file('config.yaml'), 'utf8')
    .replace('algorithm: lightgbm', 'algorithm: random_forest')
    .replace(/hyperparameters:\n( {4}.*\n)+/, 'hyperparameters: { n_estimators: 5, max_depth: 6 }\n');
  writeFileSync(file('config.yaml'), `${config}\nbatch_inference: { settle_seconds: 0${settings} }\n`);
  for (const args of [
    ['train', '--set', 'training.cv_folds=0'],
    ['deploy', '--stage', 'staging'],
    ['deploy', '--stage', 'production'],
  ]) {
    const { code, stderr } = await project.run(...args);
    assert.equal(code, 0, stderr);
  }
  mkdirSync(file('data/batch_input'), { recursive: true });
  const names = (folder: string) => (existsSync(file(folder)) ? readdirSync(file(folder)).sort() : []);
  const text = (name: string) => readFileSync(file(name), 'utf8');
  const batch = (args: string[] = [], env = {}) => gnuMlops(['batch', ...args], { cwd: project.folder, env });
  return {
    ...project,
    names,
    text,
    batch,
    reset: () => {
      for (const folder of ['batch_input', 'batch_output', 'batch_archive', 'prediction_log']) {
        rmSync(path.join(file('data'), folder), { recursive: true, force: true });
      }
      mkdirSync(file('data/batch_input'));
    },
    withStore: async (look) => {
      const opened = await openProject({ configFile: file('config.yaml'), env: {}, readOnly: true });
      try {
        return await look(opened.store);
      } finally {
        await opened.close();
      }
    },
    put: (name, content) => {
      const place = path.join(file('data/batch_input'), name);
      writeFileSync(place, content);
      return place;
    },
    result: async (code, ...args) => {
      const result = await batch([...args, '--json']);
      assert.equal(result.code, code, result.stdout + result.stderr);
      return parseDocument<BatchResult>(result, 'batch');
    },
    journal: () =>
      readdirSync(file('.gnu-mlops/journal'), { recursive: true })
        .map(String)
        .filter((name) => /\./.test(name)),
    manifests: () =>
      names('data/batch_output')
        .filter((name) => name.endsWith('.manifest.json'))
        .map((name) => JSON.parse(text(`data/batch_output/${name}`)) as Manifest),
  };
}

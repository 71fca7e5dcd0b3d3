import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type OpenProjectOptions, openProject, type Project } from '../../../src/engine/project.ts';
import { mixedCsv } from '../model/trained-pipeline.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

/** A project in a folder of its own; `dispose` closes and removes it. */
export interface TemporaryProject {
  folder: string;
  project: Project;
  /** Opens the same project with other `--set` flags; closed by `dispose` too. */
  reopen(set: string[], options?: OpenProjectOptions): Promise<Project>;
  write(name: string, text: string | Uint8Array): string;
  read(name: string): string;
  dispose(): Promise<void>;
}

const CONFIG = `
mlflow: { experiment_name: trials, model_name: model }
model: { algorithm: random_forest, hyperparameters: { n_estimators: 8, max_depth: 4 } }
training: { cv_folds: 3 }
data: { path: train.csv, target_column: t }
`;

/** A project over `mixedCsv`, small enough to train in a moment. Nothing of this process's environment reaches it. */
export async function temporaryProject(data: string | Uint8Array = mixedCsv(200)): Promise<TemporaryProject> {
  const { folder, remove } = temporaryFolder();
  const opened: Project[] = [];
  const write = (name: string, text: string | Uint8Array) => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  write('config.yaml', CONFIG);
  write('train.csv', data);
  const reopen = async (set: string[], options: OpenProjectOptions = {}) => {
    const project = await openProject({ configFile: path.join(folder, 'config.yaml'), env: {}, set, ...options });
    opened.push(project);
    return project;
  };
  return {
    folder,
    project: await reopen([]),
    reopen,
    write,
    read: (name) => readFileSync(path.join(folder, name), 'utf8'),
    dispose: async () => {
      for (const project of opened) await project.close();
      remove();
    },
  };
}

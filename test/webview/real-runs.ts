// Snapshots of real runs: what the engine says about models that were trained for these tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openProject, type Project, runDetails, train } from '../../src/engine/index.ts';
import type { ComparePanelState, RunPanelState } from '../../src/protocol/panels.ts';
import { copyExample, type Example } from '../harness/workspace.ts';

export interface RealRuns {
  /** Two classes, 30 features. */
  binary: RunPanelState;
  /** Three classes. */
  multiClass: RunPanelState;
  /** Three runs of the binary example. */
  compared: ComparePanelState;
}

let runs: Promise<RealRuns> | undefined;

/** Trains small models once for all test files. */
export function realRuns(): Promise<RealRuns> {
  runs ??= trainAll();
  return runs;
}

async function trainAll(): Promise<RealRuns> {
  const binary = await trainExample('breast-cancer', [
    { name: 'forest-of-20', set: ['model.hyperparameters.n_estimators=20'] },
    { name: 'shallow-forest', set: ['model.hyperparameters.n_estimators=20', 'model.hyperparameters.max_depth=2'] },
    { name: 'three-folds', set: ['model.hyperparameters.n_estimators=10', 'training.cv_folds=3'] },
  ]);
  const [multiClass] = await trainExample('penguins', [{ name: 'penguins', set: [] }]);
  const runs = binary.map(({ details: { run, versions, evaluation } }) => ({ run, versions, evaluation }));
  return asJson({
    binary: binary[0]!,
    multiClass: multiClass!,
    compared: { panel: 'compare', runs, onlyDifferences: false },
  });
}

async function trainExample(example: Example, models: { name: string; set: string[] }[]): Promise<RunPanelState[]> {
  const parent = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-webview-'));
  const folder = path.join(parent, example);
  copyExample(example, folder);
  const states: RunPanelState[] = [];
  try {
    for (const { name, set } of models) {
      const project = await openProject({ configFile: path.join(folder, 'config.yaml'), set, env: {} });
      states.push(await trainOne(project, name));
      await project.close();
    }
    return states;
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

async function trainOne(project: Project, runName: string): Promise<RunPanelState> {
  const { run_id, version } = await train(project, { runName });
  return {
    panel: 'run',
    experimentName: project.config.mlflow.experiment_name,
    modelName: project.config.mlflow.model_name,
    details: await runDetails(project, run_id),
    stages: { [version]: version === '1' ? 'GNU_Production' : 'None' },
  };
}

/** As it crosses from the host to the page. */
export function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

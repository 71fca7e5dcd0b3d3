// The snapshot of a real batch: penguins that were scored by a model which was trained for this.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deploy, openProject, runBatch, train } from '../../src/engine/index.ts';
import { batchPreview } from '../../src/extension/engine/service/batch-files.ts';
import type { BatchPanelState } from '../../src/protocol/panels.ts';
import { copyExample } from '../harness/workspace.ts';
import { asJson } from './real-runs.ts';

/** 250 rows: the third and the fifth do not fit the model, and one island is unknown to it. */
export async function realBatch(): Promise<BatchPanelState> {
  const parent = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-batch-panel-'));
  const folder = path.join(parent, 'penguins');
  copyExample('penguins', folder);
  mkdirSync(path.join(folder, 'data/batch_input'), { recursive: true });
  writeFileSync(path.join(folder, 'data/batch_input/day.csv'), rows(path.join(folder, 'data/train.csv')));
  const set = ['model.hyperparameters.n_estimators=10', 'batch_inference.settle_seconds=0'];
  const project = await openProject({ configFile: path.join(folder, 'config.yaml'), set, env: {} });
  try {
    const { version } = await train(project);
    for (const stage of ['Staging', 'GNU_Production'] as const) await deploy(project, { stage, version });
    const { files } = await runBatch(project);
    const manifest = files[0]!.output!.replace(/\.csv$/, '.manifest.json');
    return asJson({ panel: 'batch', preview: batchPreview(project.config, manifest) });
  } finally {
    await project.close();
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Rows of the training data with the target left out. */
function rows(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const table = lines.slice(0, 251).map((line) => line.split(','));
  const target = table[0]!.indexOf('species');
  const column = (name: string) => table[0]!.indexOf(name);
  table[3]![column('bill_length_mm')] = 'long';
  table[5]![column('body_mass_g')] = 'heavy';
  table[6]![column('island')] = 'Atlantis';
  return `${table.map((fields) => fields.filter((_, at) => at !== target).join(',')).join('\n')}\n`;
}

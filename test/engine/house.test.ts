import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { temporaryFolder } from './tracking/temporary-store.ts';

/** Rooms of the engine in the order in which data flows; each may import those before it. */
const ROOMS = [
  'support',
  'http',
  'config',
  'databricks',
  'artifacts',
  'data',
  'preprocessing',
  'learners',
  'evaluation',
  'model',
  'tracking',
  'registry',
];
/** Operations, which sit on top; each may import those before it. Some arrive later. */
const OPERATIONS = [
  'notification',
  'training',
  'prediction',
  'monitoring',
  'batch',
  'deployment',
  'runs',
  'copying',
  'retraining',
  'scheduling',
  'setup',
  'housekeeping',
  'ci',
  'databricks-operations',
];

interface Sample {
  file: string;
  line: string;
}

const value = (from: string) => `import { a } from '${from}';`;
const type = (from: string) => `import type { a } from '${from}';`;
const at = (file: string, ...lines: string[]): Sample[] => lines.map((line) => ({ file, line }));

const ENGINE = [...ROOMS, ...OPERATIONS];
const upwards = ENGINE.flatMap((room, i) => ENGINE.slice(i + 1).map((later) => ({ room, later }))).filter(
  ({ room, later }) => ROOMS.includes(room) || OPERATIONS.includes(later),
);

const FORBIDDEN: Sample[] = [
  ...upwards.flatMap(({ room, later }) => at(`src/engine/${room}/x.ts`, value(`../${later}/y.ts`))),
  ...at('src/engine/tracking/sqlite/x.ts', value('../../registry/plan.ts'), type('../../training/train.ts')),
  ...ROOMS.flatMap((room) => at(`src/engine/${room}/x.ts`, value('../project.ts'), value('../index.ts'))),
  ...OPERATIONS.flatMap((room) => at(`src/engine/${room}/x.ts`, value('../index.ts'))),
  ...at('src/engine/project.ts', value('./training/train.ts'), value('./index.ts'), value('vscode')),
  ...at('src/engine/index.ts', value('../cli/run.ts'), value('vscode')),
  ...ENGINE.flatMap((room) =>
    at(
      `src/engine/${room}/x.ts`,
      value('vscode'),
      type('vscode'),
      type('../../protocol/engine-api.ts'),
      value('../../cli/run.ts'),
      value('../../extension/extension.ts'),
      value('../../../webview-ui/host/shape.ts'),
      `export { a } from '../../cli/run.ts';`,
      `export const a = import('../../cli/run.ts');`,
    ),
  ),
  ...at('src/protocol/x.ts', value('../engine/support/errors.ts'), `export { a } from '../engine/support/errors.ts';`),
  ...at('src/protocol/x.ts', value('vscode'), value('node:fs'), value('../cli/run.ts'), value('../extension/x.ts')),
  ...at('webview-ui/run/x.tsx', value('../../src/engine/support/errors.ts'), value('vscode'), value('node:path')),
  ...at('webview-ui/run/x.tsx', type('../../src/engine/evaluation/curves.ts')),
  ...at('webview-ui/run/x.tsx', value('../../src/cli/run.ts'), value('../../src/extension/extension.ts')),
  ...at('src/protocol/x.ts', `export const a = import('../engine/support/errors.ts');`),
  ...at('webview-ui/run/x.tsx', `export const a = import('../../src/engine/support/errors.ts');`),
  ...at('src/cli/commands/x.ts', value('vscode'), value('../../extension/extension.ts'), type('../../protocol/x.ts')),
  ...at('src/extension/x.ts', value('../engine/project.ts'), type('../engine/project.ts'), value('../cli/run.ts')),
  ...at('src/extension/views/x.ts', value('../../engine/project.ts'), type('../../engine/project.ts')),
  ...at('src/extension/views/deep/x.ts', value('../../../engine/project.ts'), value('../../../../webview-ui/x.ts')),
  ...at('src/extension/engine/x.ts', value('../../cli/run.ts'), value('../../../webview-ui/host/shape.ts')),
];

const ALLOWED: Sample[] = [
  ...ENGINE.flatMap((room, i) =>
    ENGINE.slice(0, i).flatMap((earlier) => at(`src/engine/${room}/x.ts`, value(`../${earlier}/y.ts`))),
  ),
  ...ENGINE.flatMap((room) => at(`src/engine/${room}/x.ts`, value('./y.ts'), value('node:fs'))),
  ...OPERATIONS.flatMap((room) => at(`src/engine/${room}/x.ts`, value('../project.ts'))),
  ...at('src/engine/project.ts', value('./config/load.ts'), value('./registry/actor.ts')),
  ...at('src/engine/index.ts', value('./project.ts'), value('./training/train.ts')),
  ...at(
    'src/protocol/x.ts',
    type('../engine/support/errors.ts'),
    `export type { a } from '../engine/support/errors.ts';`,
  ),
  ...at(
    'webview-ui/run/x.tsx',
    value('../../src/protocol/panels.ts'),
    value('../components/page.tsx'),
    value('preact'),
  ),
  ...at('src/cli/commands/x.ts', value('../../engine/training/train.ts'), value('../output/table.ts')),
  ...at('src/extension/x.ts', value('vscode'), value('./engine/engine-client.ts'), value('../protocol/panels.ts')),
  ...at('src/extension/views/x.ts', value('vscode'), value('../engine/engine-client.ts'), type('../../protocol/x.ts')),
  ...at('src/extension/engine/x.ts', value('../../engine/project.ts')),
  ...at('src/extension/engine/service/x.ts', value('../../../engine/project.ts')),
];

interface Diagnostic {
  category: string;
  location: { path: string };
}

/** Lints each sample as a file of its own in a copy of the house; returns those about which a room's rule complains. */
function complaints(folder: string, samples: Sample[]): Set<Sample> {
  for (const file of ['biome.json', 'test/lint/engine-types-only.grit']) {
    cpSync(path.join(projectRoot, file), path.join(folder, file), { recursive: true });
  }
  const byFile = new Map<string, Sample>();
  for (const [i, sample] of samples.entries()) {
    // Files that exist once have their own rule: a folder of each sample's own keeps them apart.
    const name = /(project|index)\.ts$/.test(sample.file) ? sample.file : sample.file.replace('x.ts', `x${i}.ts`);
    if (byFile.has(name)) continue;
    byFile.set(name, sample);
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), `${sample.line}\n`);
  }
  const told = lint(folder).filter(({ category }) => category === 'plugin' || category.endsWith('noRestrictedImports'));
  const rest = samples.filter((sample) => ![...byFile.values()].includes(sample));
  const found = new Set(told.map(({ location }) => byFile.get(location.path)!));
  return rest.length === 0 ? found : new Set([...found, ...complaints(folder, rest)]);
}

function lint(folder: string): Diagnostic[] {
  const biome = path.join(projectRoot, 'node_modules/.bin/biome');
  const args = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none', '.'];
  try {
    return JSON.parse(
      execFileSync(biome, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe', shell: process.platform === 'win32' }),
    ).diagnostics;
  } catch (error) {
    return JSON.parse((error as { stdout: string }).stdout).diagnostics;
  }
}

describe('The rules of the house', () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  it('refuse every import that goes the wrong way', () => {
    const refused = complaints(path.join(folder, 'forbidden'), FORBIDDEN);
    const missed = FORBIDDEN.filter((sample) => !refused.has(sample));
    assert.deepEqual(missed, []);
    assert.ok(FORBIDDEN.length > 200);
  });

  it('let every import pass that goes the right way', () => {
    assert.deepEqual([...complaints(path.join(folder, 'allowed'), ALLOWED)], []);
  });

  it('know every room there is', () => {
    const entries = readdirSync(path.join(projectRoot, 'src/engine'), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    assert.deepEqual(
      folders.filter((name) => !ENGINE.includes(name)),
      [],
      'Give the new room its place in biome.json, here and in docs/architecture.md.',
    );
    assert.ok(folders.length > 10);
  });
});

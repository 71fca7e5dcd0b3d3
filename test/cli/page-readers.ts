// Who follows a page and where they begin; and the few blocks that nobody can follow in a test, with what is checked instead.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { parseRequest } from '../harness/request.ts';
import { type PageBlock, type PageCommand, readPage } from './page-commands.ts';
import { complaintAboutCommandLine, flagsIn, wordsOf } from './page-usage.ts';
import type { Machine } from './schedule-machine.ts';

export interface Reading {
  page: string;
  /** In the words of a test's name. */
  where: string;
  /** Makes the folder in which the page is read. */
  begin(reader: Machine): Promise<string>;
  /** What happened, as a page tells it in between: commands before the one that begins so. */
  meanwhile?: { before: string; commands: readonly string[] };
}

const emptyFolder = async (reader: Machine) => mkdtempSync(path.join(reader.home, 'project-'));

async function production(reader: Machine): Promise<string> {
  await reader.run('train', '--quiet');
  for (const stage of ['staging', 'production']) await reader.run('deploy', '--stage', stage);
  return reader.folder;
}

/** A folder with the files that the slides name. */
async function ownRows(reader: Machine): Promise<string> {
  const folder = await emptyFolder(reader);
  await reader.run('dataset', '--rows', '500', '--target', 'churned', '--output', folder);
  for (const [made, name] of [['train.csv', 'rows.csv'] as const, ['test.csv', 'new_rows.csv'] as const]) {
    copyFileSync(path.join(folder, made), path.join(folder, name));
  }
  return folder;
}

/** A folder of plain files with one run, as old MLflows wrote it. */
async function plainFiles(reader: Machine): Promise<string> {
  const root = path.join(reader.folder, 'mlruns');
  const run = '0123456789abcdef0123456789abcdef';
  const write = (name: string, lines: readonly string[]) => {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${lines.join('\n')}\n`);
  };
  for (const [id, name] of ['Default', 'churn'].entries()) {
    const lines = [`artifact_location: file://${root}/${id}`, `experiment_id: '${id}'`, 'lifecycle_stage: active'];
    write(`${id}/meta.yaml`, [...lines, `name: ${name}`]);
  }
  write(`1/${run}/meta.yaml`, [
    `artifact_uri: file://${root}/1/${run}/artifacts`,
    'end_time: 2000',
    "experiment_id: '1'",
    'lifecycle_stage: active',
    `run_id: ${run}`,
    'run_name: old',
    'start_time: 1000',
    'status: 3',
    'user_id: alice',
  ]);
  write(`1/${run}/metrics/accuracy`, ['1500 0.91 0']);
  return reader.folder;
}

const inExample = async (reader: Machine) => reader.folder;
const secondInProduction = ['train', 'deploy --stage staging', 'deploy --stage production'];

/** The pages with blocks that are run, in order. */
export const READINGS: readonly Reading[] = [
  { page: 'docs/quick-start.md', where: 'in an empty folder', begin: emptyFolder },
  { page: 'docs/local-run.md', where: 'in an empty folder', begin: emptyFolder },
  { page: 'docs/deployment-guide.md', where: 'in the example', begin: inExample },
  { page: 'docs/batch.md', where: 'in a project with a model in production', begin: production },
  { page: 'docs/retraining.md', where: 'in a project with a model in production', begin: production },
  { page: 'docs/schedules.md', where: 'in the example', begin: inExample },
  { page: 'docs/ci.md', where: 'in the example', begin: inExample },
  { page: 'docs/back-ends.md', where: 'beside a folder of plain files', begin: plainFiles },
  {
    page: 'docs/slides.md',
    where: 'beside rows of their own',
    begin: ownRows,
    meanwhile: { before: 'gnu-mlops rollback', commands: secondInProduction.map((words) => `gnu-mlops ${words}`) },
  },
];

/** Blocks that are not run, by the beginning of their first line. Their lines are still held against what they start. */
export const NOT_RUN: readonly { page: string; begins: string; reason: string }[] = [
  {
    page: 'README.md',
    begins: 'npm ci && npm start',
    reason: 'npm ci removes the node_modules that this test runs from; pages.test.ts runs what npm start runs',
  },
  { page: 'README.md', begins: 'npm ci && npm test', reason: 'it is what runs this test' },
  { page: 'docs/testing.md', begins: 'npm test', reason: 'it is what runs this test' },
  {
    page: 'docs/back-ends.md',
    begins: 'pip install mlflow',
    reason:
      'it starts a server that does not end; the ring back-ends starts such servers, by test/harness/mlflow-server.ts',
  },
  {
    page: 'docs/back-ends.md',
    begins: 'gnu-mlops copy --to https://mlflow.example.org',
    reason: 'there is no server of that name; test/back-ends/copy.test.ts copies to servers that it starts',
  },
];

/** Whether it stands in {@link NOT_RUN}. */
export function isNotRun({ page, lines }: PageBlock): boolean {
  return NOT_RUN.some((block) => block.page === page && lines[0]!.startsWith(block.begins));
}

const { scripts } = JSON.parse(readPage('package.json')) as { scripts: Record<string, string> };

/** What is wrong with a command that is not run: it has to start something that there is, with flags that it has. */
export async function complaintAboutUnrun({ text }: PageCommand): Promise<string | undefined> {
  for (const part of text.replace(/\s+# .*$/, '').split('&&')) {
    const [program = '', ...words] = wordsOf(part).filter((word) => !/^[A-Z_]+=/.test(word));
    const complain = PROGRAMS[program];
    const complaint = complain ? await complain(words) : `nothing is known about "${program}"`;
    if (complaint) return complaint;
  }
  return undefined;
}

const PROGRAMS: Record<string, (words: readonly string[]) => string | undefined | Promise<string | undefined>> = {
  'gnu-mlops': complaintAboutCommandLine,
  npm: ([command, script]) => {
    const name = command === 'run' ? script : command;
    return name === 'ci' || scripts[name ?? ''] ? undefined : `package.json has no script "${name}"`;
  },
  node: ([file, ...words]) => {
    if (!existsSync(path.join(projectRoot, file!))) return `there is no ${file}`;
    if (file !== 'test/run.ts') return undefined;
    const missing = words.find((word) => word.endsWith('.ts') && !existsSync(path.join(projectRoot, word)));
    if (missing) return `there is no ${missing}`;
    return parseRequest(words, {}).rings.length > 0 ? undefined : 'it names no ring';
  },
  pip: ([command]) => (command === 'install' ? undefined : `pip ${command} is not known here`),
  mlflow: (words) => {
    const own = readFileSync(path.join(projectRoot, 'test/harness/mlflow-server.ts'), 'utf8');
    return [words[0]!, ...flagsIn(words.join(' '))].find((word) => !own.includes(`'${word}'`));
  },
};

import path from 'node:path';
import type { ProjectRef, RunSummary } from '../../protocol/engine-api.ts';
import type { Choice } from '../editor/dialogs.ts';
import { withProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import { EngineFailure } from '../engine/engine-failure.ts';
import { ageText } from '../views/age.ts';
import type { ExperimentNode, RunNode } from '../views/experiments-view.ts';
import { metricText } from '../views/metric-text.ts';
import type { OperationsNode } from '../views/operations-node.ts';
import type { RegistryNode } from '../views/registry-node.ts';
import type { CommandDefinition } from './command.ts';

const MOST_LISTED = 200;
const MOST_COMPARED = 50;
const ARE_RUNS = 'viewItem =~ /^run\\./';

/** Searches with MLflow's filter syntax and opens what was picked. */
export const searchRuns: CommandDefinition = {
  id: 'gnuMlops.runs',
  title: 'Search Runs...',
  icon: '$(search)',
  menus: [{ menu: 'view/title', when: 'view == gnuMlops.experiments && gnuMlops.hasConfig', group: 'navigation@2' }],
  run: async (session) => {
    const project = requireProject(session);
    const filter = await session.dialogs.ask({
      title: 'Search runs',
      prompt: "MLflow's filter syntax; empty lists all",
      placeholder: "metrics.accuracy > 0.9 and params.algorithm = 'random_forest'",
    });
    if (filter === undefined) return undefined;
    return pickAndOpen(session, project, filter.trim() === '' ? undefined : filter);
  },
};

/** Shows a run's numbers, curves and params. */
export const openRun: CommandDefinition = {
  id: 'gnuMlops.openRun',
  title: 'Open Run...',
  icon: '$(graph)',
  menus: [{ menu: 'view/item/context', when: `${ARE_RUNS} || viewItem == batch`, group: '1_open@1' }],
  run: async (session, target) => {
    const project = requireProject(session);
    const node = target as ExperimentNode | RegistryNode | OperationsNode | undefined;
    if (node?.kind === 'run' || node?.kind === 'decision' || node?.kind === 'batch')
      return open(session, project, node.summary);
    if (node?.kind === 'version') {
      const { runId, version } = node.version;
      if (runId !== null) session.panels.openRun(project, runId, `Version ${version}`);
      return runId;
    }
    return pickAndOpen(session, project, undefined);
  },
};

/** Shows runs side by side: those selected in the tree, else those that are picked. */
export const compareRuns: CommandDefinition = {
  id: 'gnuMlops.compare',
  title: 'Compare Runs...',
  icon: '$(diff)',
  menus: [
    { menu: 'view/title', when: 'view == gnuMlops.experiments && gnuMlops.hasConfig', group: 'navigation@3' },
    { menu: 'view/item/context', when: `${ARE_RUNS} && listMultiSelection`, group: '1_open@2' },
  ],
  run: async (session, _row, selection) => {
    const project = requireProject(session);
    const runIds = await chooseRuns(session, project, selection);
    if (runIds === undefined) return undefined;
    if (runIds.length < 2 || runIds.length > MOST_COMPARED) {
      throw new EngineFailure({
        reason: 'usage',
        message: `2 to ${MOST_COMPARED} runs can be compared; ${runIds.length} were chosen.`,
        details: { fix: 'Select several runs in the view "Experiments", or pick them from the list.' },
      });
    }
    session.panels.openCompare(project, runIds);
    return runIds;
  },
};

/** Shows the log that an operation wrote: that of a run, or the newest. */
export const showRunLog: CommandDefinition = {
  id: 'gnuMlops.logs',
  title: 'Show Log of a Run...',
  icon: '$(output)',
  menus: [{ menu: 'view/item/context', when: ARE_RUNS, group: '2_log@1' }],
  run: async (session, target) => {
    const project = requireProject(session);
    const which = await chooseLog(session, project, target as ExperimentNode | undefined);
    if (which === undefined) return undefined;
    return showLogOf(session, project, which === '' ? undefined : which);
  },
};

/** The log of a row of the view "Operations": a firing's, or a batch's. */
export const openLog: CommandDefinition = {
  id: 'gnuMlops.openLog',
  title: 'Show Log',
  icon: '$(output)',
  palette: 'never',
  menus: [{ menu: 'view/item/context', when: 'viewItem == batch || viewItem == firing.logged', group: 'inline@1' }],
  run: async (session, target) => {
    const which = logOf(target as OperationsNode);
    return which === undefined ? undefined : showLogOf(session, requireProject(session), which);
  },
};

/** What the engine finds a row's log by. */
function logOf(node: OperationsNode): string | undefined {
  if (node.kind === 'batch') return node.summary.run.runId;
  if (node.kind === 'batchFailure') return node.runId;
  const file = node.kind === 'firing' ? node.firing.log : null;
  return file === null ? undefined : path.basename(file, '.log');
}

/**
 * Shows a log as a text.
 * @param which a run's id, the name of an operation or of a log; the newest log unless given
 * @returns the log's file
 */
export async function showLogOf(
  { engine, documents }: EditorSession,
  project: ProjectRef,
  which: string | undefined,
): Promise<string> {
  const { file, entries } = await engine.api.readLog(project, which);
  const lines = entries.map(({ time, level, message }) => `${time} ${level.toUpperCase().padEnd(7)} ${message}`);
  await documents.showText(path.basename(file), `${lines.join('\n')}\n`);
  return file;
}

async function pickAndOpen(session: EditorSession, project: ProjectRef, filter: string | undefined) {
  const runs = await listRuns(session, project, filter);
  const chosen = await session.dialogs.pick('Open which run?', await choices(session, project, runs));
  return chosen === undefined ? undefined : open(session, project, chosen);
}

function open({ panels }: EditorSession, project: ProjectRef, { run }: RunSummary): string {
  panels.openRun(project, run.runId, run.name || run.runId);
  return run.runId;
}

/** The selection counts when it holds runs; the row that was clicked is part of it. */
async function chooseRuns(
  session: EditorSession,
  project: ProjectRef,
  selection: unknown,
): Promise<string[] | undefined> {
  const given = Array.isArray(selection) ? (selection as ExperimentNode[]) : session.experiments.selectedRuns;
  const selected = given.filter((node): node is RunNode => node.kind === 'run');
  if (selected.length > 1) return selected.map(({ summary }) => summary.run.runId);
  const runs = await listRuns(session, project, undefined);
  const chosen = await session.dialogs.pickMany('Compare which runs?', await choices(session, project, runs));
  return chosen?.map(({ run }) => run.runId);
}

/** A run's id, "" for the newest log of any operation; undefined when nothing was chosen. */
async function chooseLog(session: EditorSession, project: ProjectRef, node: ExperimentNode | undefined) {
  if (node?.kind === 'run') return node.summary.run.runId;
  const runs = await listRuns(session, project, undefined);
  const listed = await choices(session, project, runs);
  const byId = listed.map(({ value, ...rest }): Choice<string> => ({ ...rest, value: value.run.runId }));
  return session.dialogs.pick('Show which log?', [{ label: 'The newest log', value: '' }, ...byId]);
}

async function listRuns({ engine }: EditorSession, project: ProjectRef, filter: string | undefined) {
  return withProgress('Searching runs', async () => {
    const experiments = await engine.api.experiments(project);
    const own = experiments.find(({ kind }) => kind === 'training');
    if (own === undefined) return [];
    const { experimentId } = own;
    return (await engine.api.runs(project, { experimentId, filter, limit: MOST_LISTED })).runs;
  });
}

async function choices(
  { engine }: EditorSession,
  project: ProjectRef,
  runs: RunSummary[],
): Promise<Choice<RunSummary>[]> {
  const { mainMetric } = await engine.api.status(project);
  return runs.map((summary) => {
    const { run, versions } = summary;
    const facts = [
      `${mainMetric} ${metricText(run.metrics[mainMetric])}`,
      ...versions.map((version) => `v${version}`),
      run.status.toLowerCase(),
      ageText(run.startTime),
    ];
    return { label: run.name || run.runId, description: facts.join(' · '), value: summary };
  });
}

import * as vscode from 'vscode';
import type { ExperimentSummary, ProjectRef, RunSummary } from '../../protocol/engine-api.ts';
import type { ActiveProject } from '../editor/active-project.ts';
import type { StoreFollower } from '../editor/store-follower.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { moreRow } from './more-row.ts';
import { type ProblemNode, problemRow } from './problem-row.ts';
import { type RunContext, runRow, runTooltip, shownKeys } from './run-row.ts';
import { StoreTree } from './store-tree.ts';

export type ExperimentNode =
  | { kind: 'experiment'; experiment: ExperimentSummary }
  | { kind: 'run'; summary: RunSummary; experiment: ExperimentSummary }
  | { kind: 'more'; experiment: ExperimentSummary }
  | ProblemNode;

export type RunNode = Extract<ExperimentNode, { kind: 'run' }>;

/** The most runs that one request may ask for; MLflow's own limit is higher. */
const MOST_RUNS = 5000;

const NO_CONTEXT: RunContext = { mainMetric: 'accuracy', stageOf: () => undefined };

/** The view "Experiments": experiments with their runs, newest first. */
export class ExperimentsView extends StoreTree<ExperimentNode> {
  #context: RunContext = NO_CONTEXT;

  constructor(engine: EngineClient, project: ActiveProject, follower: StoreFollower) {
    const id = 'gnuMlops.experiments';
    super({ id, engine, project, follower, canSelectMany: true, showCollapseAll: true });
  }

  getTreeItem(node: ExperimentNode): vscode.TreeItem {
    switch (node.kind) {
      case 'experiment':
        return experimentRow(node.experiment);
      case 'run':
        return this.#runItem(node);
      case 'more':
        return moreRow(node, node.experiment.experimentId, `runs of ${node.experiment.name}`);
      case 'problem':
        return problemRow(node);
    }
  }

  /** VS Code asks for the tooltip when somebody looks for it. */
  async resolveTreeItem(item: vscode.TreeItem, node: ExperimentNode): Promise<vscode.TreeItem> {
    if (node.kind === 'run') item.tooltip = await this.tooltip(node);
    return item;
  }

  async tooltip({ summary }: RunNode): Promise<vscode.MarkdownString | undefined> {
    const { ref } = this.project;
    return ref && runTooltip({ ...summary, run: await this.engine.api.run(ref, summary.run.runId) });
  }

  protected async rows(ref: ProjectRef, node: ExperimentNode | undefined): Promise<ExperimentNode[]> {
    if (node === undefined) return this.#experiments(ref);
    return node.kind === 'experiment' ? this.#runs(ref, node.experiment) : [];
  }

  getParent(node: ExperimentNode): ExperimentNode | undefined {
    return node.kind === 'run' ? { kind: 'experiment', experiment: node.experiment } : undefined;
  }

  /** The runs that are selected; what else is selected is left out. */
  get selectedRuns(): RunNode[] {
    return this.tree.selection.filter((node) => node.kind === 'run');
  }

  /** Shows another page of an experiment's runs. */
  loadMore({ experimentId }: ExperimentSummary): void {
    this.showMore(experimentId);
  }

  /** None at all while there is nothing to see, so that the welcome text appears. */
  async #experiments(ref: ProjectRef): Promise<ExperimentNode[]> {
    const [experiments, models, status] = await Promise.all([
      this.engine.api.experiments(ref),
      this.engine.api.models(ref),
      this.engine.api.status(ref),
    ]);
    const own = models.find(({ name }) => name === status.modelName);
    const stages = new Map(own?.versions.map(({ version, stage }) => [version, stage]));
    this.#context = { mainMetric: status.mainMetric, stageOf: (version) => stages.get(version) };
    // MLflow makes "Default" in every store.
    const shown = experiments.filter(({ name, kind }) => kind !== 'other' || name !== 'Default');
    return shown.map((experiment) => ({ kind: 'experiment', experiment }));
  }

  async #runs(ref: ProjectRef, experiment: ExperimentSummary): Promise<ExperimentNode[]> {
    const { experimentId } = experiment;
    const limit = Math.min(this.limitOf(experimentId), MOST_RUNS);
    const page = await this.engine.api.runs(ref, { experimentId, limit, keys: shownKeys(this.#context) });
    const nodes = page.runs.map((summary): ExperimentNode => ({ kind: 'run', summary, experiment }));
    return page.nextPageToken === null ? nodes : [...nodes, { kind: 'more', experiment }];
  }

  #runItem(node: RunNode): vscode.TreeItem {
    const item = runRow(node.summary, this.#context);
    item.command = { command: 'gnuMlops.openRun', title: 'Open Run', arguments: [node] };
    return item;
  }
}

const EXPERIMENT_ICONS = {
  training: 'beaker',
  events: 'history',
  batch: 'layers',
  retraining: 'sync',
  other: 'beaker',
};
const EXPERIMENT_WORDS = {
  training: '',
  events: 'deployments',
  batch: 'batch runs',
  retraining: 'retrainings',
  other: '',
};

function experimentRow({ experimentId, name, kind }: ExperimentSummary): vscode.TreeItem {
  const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(name, kind === 'training' ? Expanded : Collapsed);
  item.id = `experiment:${experimentId}`;
  item.iconPath = new vscode.ThemeIcon(EXPERIMENT_ICONS[kind]);
  item.description = EXPERIMENT_WORDS[kind];
  item.contextValue = `experiment.${kind}`;
  item.tooltip = `Experiment ${name} (${experimentId})`;
  item.accessibilityInformation = { label: `Experiment ${name} ${EXPERIMENT_WORDS[kind]}`.trim() };
  return item;
}

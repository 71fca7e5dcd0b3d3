import * as vscode from 'vscode';
import type { ExperimentSummary, ProjectRef, RunSummary } from '../../protocol/engine-api.ts';
import type { ActiveProject } from '../editor/active-project.ts';
import { runsPerPage } from '../editor/settings.ts';
import type { StoreFollower } from '../editor/store-follower.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { type ProblemNode, problemRow } from './problem-row.ts';
import { type RunContext, runRow } from './run-row.ts';

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
export class ExperimentsView implements vscode.TreeDataProvider<ExperimentNode>, vscode.Disposable {
  readonly #engine: EngineClient;
  readonly #project: ActiveProject;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #disposables: vscode.Disposable[];
  /** How many runs of an experiment are shown. */
  readonly #limits = new Map<string, number>();
  readonly tree: vscode.TreeView<ExperimentNode>;
  #context: RunContext = NO_CONTEXT;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(engine: EngineClient, project: ActiveProject, follower: StoreFollower) {
    this.#engine = engine;
    this.#project = project;
    this.tree = vscode.window.createTreeView('gnuMlops.experiments', {
      treeDataProvider: this,
      canSelectMany: true,
      showCollapseAll: true,
    });
    this.#disposables = [
      this.#changed,
      this.tree,
      this.tree.onDidChangeVisibility(({ visible }) => follower.setVisible(this, visible)),
      follower.onDidChange(() => this.#changed.fire(undefined)),
    ];
    follower.setVisible(this, this.tree.visible);
  }

  getTreeItem(node: ExperimentNode): vscode.TreeItem {
    switch (node.kind) {
      case 'experiment':
        return experimentRow(node.experiment);
      case 'run':
        return this.#runItem(node);
      case 'more':
        return moreRow(node);
      case 'problem':
        return problemRow(node);
    }
  }

  async getChildren(node?: ExperimentNode): Promise<ExperimentNode[]> {
    const ref = this.#project.ref;
    if (ref === undefined) return [];
    try {
      if (node === undefined) return await this.#experiments(ref);
      return node.kind === 'experiment' ? await this.#runs(ref, node.experiment) : [];
    } catch (error) {
      return [{ kind: 'problem', error }];
    }
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
    this.#limits.set(experimentId, (this.#limits.get(experimentId) ?? runsPerPage()) + runsPerPage());
    this.#changed.fire(undefined);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** None at all while there is nothing to see, so that the welcome text appears. */
  async #experiments(ref: ProjectRef): Promise<ExperimentNode[]> {
    const [experiments, models, status] = await Promise.all([
      this.#engine.api.experiments(ref),
      this.#engine.api.models(ref),
      this.#engine.api.status(ref),
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
    const limit = Math.min(this.#limits.get(experimentId) ?? runsPerPage(), MOST_RUNS);
    const page = await this.#engine.api.runs(ref, { experimentId, limit });
    const nodes = page.runs.map((summary): ExperimentNode => ({ kind: 'run', summary, experiment }));
    return page.nextPageToken === null ? nodes : [...nodes, { kind: 'more', experiment }];
  }

  #runItem(node: RunNode): vscode.TreeItem {
    const item = runRow(node.summary, this.#context);
    item.command = { command: 'gnuMlops.openRun', title: 'Open Run', arguments: [node] };
    return item;
  }
}

const EXPERIMENT_ICONS = { training: 'beaker', events: 'history', batch: 'layers', other: 'beaker' };
const EXPERIMENT_WORDS = { training: '', events: 'deployments', batch: 'batch runs', other: '' };

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

function moreRow(node: Extract<ExperimentNode, { kind: 'more' }>): vscode.TreeItem {
  const item = new vscode.TreeItem('Load more');
  item.id = `more:${node.experiment.experimentId}`;
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: 'gnuMlops.loadMore', title: 'Load More', arguments: [node] };
  item.accessibilityInformation = { label: `Load more runs of ${node.experiment.name}` };
  return item;
}

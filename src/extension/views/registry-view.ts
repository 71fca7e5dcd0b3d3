import * as vscode from 'vscode';
import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { ActiveProject } from '../editor/active-project.ts';
import { runsPerPage } from '../editor/settings.ts';
import type { StoreFollower } from '../editor/store-follower.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { problemRow } from './problem-row.ts';
import type { RegistryModel, RegistryNode } from './registry-node.ts';
import { modelRow, moreRow, outsideRow, stageRow, versionRow, versionsRow } from './registry-rows.ts';

/** The view "Registry": registered models, who holds their stages, and their versions. */
export class RegistryView implements vscode.TreeDataProvider<RegistryNode>, vscode.Disposable {
  readonly #engine: EngineClient;
  readonly #project: ActiveProject;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #disposables: vscode.Disposable[];
  /** How many versions of a model are shown. */
  readonly #limits = new Map<string, number>();
  readonly tree: vscode.TreeView<RegistryNode>;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(engine: EngineClient, project: ActiveProject, follower: StoreFollower) {
    this.#engine = engine;
    this.#project = project;
    this.tree = vscode.window.createTreeView('gnuMlops.registry', { treeDataProvider: this, showCollapseAll: true });
    this.#disposables = [
      this.#changed,
      this.tree,
      this.tree.onDidChangeVisibility(({ visible }) => follower.setVisible(this, visible)),
      follower.onDidChange(() => this.#changed.fire(undefined)),
    ];
    follower.setVisible(this, this.tree.visible);
  }

  getTreeItem(node: RegistryNode): vscode.TreeItem {
    switch (node.kind) {
      case 'model':
        return modelRow(node.model);
      case 'stage':
        return stageRow(node.model, node.stage);
      case 'outside':
        return outsideRow(node.model, node.sentence);
      case 'versions':
        return versionsRow(node.model);
      case 'version':
        return versionRow(node);
      case 'more':
        return moreRow(node);
      case 'problem':
        return problemRow(node);
    }
  }

  async getChildren(node?: RegistryNode): Promise<RegistryNode[]> {
    if (node?.kind === 'model') return modelChildren(node.model);
    if (node?.kind === 'versions') return this.#versions(node.model);
    const ref = this.#project.ref;
    if (ref === undefined || node !== undefined) return [];
    try {
      return await this.#models(ref);
    } catch (error) {
      return [{ kind: 'problem', error }];
    }
  }

  /** Shows another page of a model's versions. */
  loadMore({ name }: RegistryModel): void {
    this.#limits.set(name, (this.#limits.get(name) ?? runsPerPage()) + runsPerPage());
    this.#changed.fire(undefined);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  async #models(ref: ProjectRef): Promise<RegistryNode[]> {
    const [models, { modelName, mainMetric }] = await Promise.all([
      this.#engine.api.models(ref),
      this.#engine.api.status(ref),
    ]);
    return models.map((model) => ({ kind: 'model', model: { ...model, isOwn: model.name === modelName, mainMetric } }));
  }

  #versions(model: RegistryModel): RegistryNode[] {
    const limit = this.#limits.get(model.name) ?? runsPerPage();
    const shown = model.versions.slice(0, limit).map((version): RegistryNode => ({ kind: 'version', model, version }));
    return model.versions.length > limit ? [...shown, { kind: 'more', model }] : shown;
  }
}

function modelChildren(model: RegistryModel): RegistryNode[] {
  return [
    ...model.changedOutside.map((sentence): RegistryNode => ({ kind: 'outside', model, sentence })),
    { kind: 'stage', model, stage: 'GNU_Production' },
    { kind: 'stage', model, stage: 'Staging' },
    { kind: 'versions', model },
  ];
}

import type * as vscode from 'vscode';
import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { ActiveProject } from '../editor/active-project.ts';
import type { StoreFollower } from '../editor/store-follower.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { moreRow } from './more-row.ts';
import { problemRow } from './problem-row.ts';
import type { RegistryModel, RegistryNode } from './registry-node.ts';
import { modelRow, outsideRow, stageRow, versionRow, versionsRow } from './registry-rows.ts';
import { StoreTree } from './store-tree.ts';

/** The view "Registry": registered models, who holds their stages, and their versions. */
export class RegistryView extends StoreTree<RegistryNode> {
  constructor(engine: EngineClient, project: ActiveProject, follower: StoreFollower) {
    super({ id: 'gnuMlops.registry', engine, project, follower, showCollapseAll: true });
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
        return moreRow(node, `versions of ${node.model.name}`, `versions of ${node.model.name}`);
      case 'problem':
        return problemRow(node);
    }
  }

  /** Shows another page of a model's versions. */
  loadMore({ name }: RegistryModel): void {
    this.showMore(name);
  }

  protected async rows(ref: ProjectRef, node: RegistryNode | undefined): Promise<RegistryNode[]> {
    if (node === undefined) return this.#models(ref);
    if (node.kind === 'model') return modelChildren(node.model);
    return node.kind === 'versions' ? this.#versions(node.model) : [];
  }

  async #models(ref: ProjectRef): Promise<RegistryNode[]> {
    const [models, { modelName, mainMetric }] = await Promise.all([
      this.engine.api.models(ref),
      this.engine.api.status(ref),
    ]);
    return models.map((model) => ({ kind: 'model', model: { ...model, isOwn: model.name === modelName, mainMetric } }));
  }

  #versions(model: RegistryModel): RegistryNode[] {
    const limit = this.limitOf(model.name);
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

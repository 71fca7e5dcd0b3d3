import * as vscode from 'vscode';
import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { ActiveProject } from '../editor/active-project.ts';
import { runsPerPage } from '../editor/settings.ts';
import type { StoreFollower } from '../editor/store-follower.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import type { ProblemNode } from './problem-row.ts';

export interface StoreTreeOptions<Node> extends Omit<vscode.TreeViewOptions<Node>, 'treeDataProvider'> {
  /** Id of the view in package.json. */
  id: string;
  engine: EngineClient;
  project: ActiveProject;
  follower: StoreFollower;
}

/** A tree of the side bar that shows what the active project has, follows its changes, and shows errors as rows. */
export abstract class StoreTree<Node> implements vscode.TreeDataProvider<Node | ProblemNode>, vscode.Disposable {
  protected readonly engine: EngineClient;
  protected readonly project: ActiveProject;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #disposables: vscode.Disposable[];
  /** How many rows below a node are shown, by what names that node. */
  readonly #limits = new Map<string, number>();
  readonly tree: vscode.TreeView<Node | ProblemNode>;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor({ id, engine, project, follower, ...options }: StoreTreeOptions<Node | ProblemNode>) {
    this.engine = engine;
    this.project = project;
    this.tree = vscode.window.createTreeView(id, { ...options, treeDataProvider: this });
    this.#disposables = [
      this.#changed,
      this.tree,
      this.tree.onDidChangeVisibility(({ visible }) => follower.setVisible(this, visible)),
      follower.onDidChange(() => this.#changed.fire(undefined)),
    ];
    follower.setVisible(this, this.tree.visible);
  }

  abstract getTreeItem(node: Node | ProblemNode): vscode.TreeItem;

  async getChildren(node?: Node | ProblemNode): Promise<(Node | ProblemNode)[]> {
    const ref = this.project.ref;
    if (ref === undefined) return [];
    try {
      return await this.rows(ref, node);
    } catch (error) {
      return [{ kind: 'problem', error }];
    }
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** The rows below a node, or at the top. What it throws is shown in their place. */
  protected abstract rows(ref: ProjectRef, node: Node | ProblemNode | undefined): Promise<(Node | ProblemNode)[]>;

  /** How many rows to show below what is named so. */
  protected limitOf(name: string): number {
    return this.#limits.get(name) ?? runsPerPage();
  }

  /** Shows another page of them. */
  protected showMore(name: string): void {
    this.#limits.set(name, this.limitOf(name) + runsPerPage());
    this.#changed.fire(undefined);
  }
}

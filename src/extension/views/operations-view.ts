import * as vscode from 'vscode';
import type { ProjectRef, RunSummary } from '../../protocol/engine-api.ts';
import type { ActiveProject } from '../editor/active-project.ts';
import type { StoreFollower } from '../editor/store-follower.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { batchFailureRow, batchFailures, batchRow, outputRow } from './batch-rows.ts';
import { moreRow } from './more-row.ts';
import type { BatchNode, OperationsGroup, OperationsNode, ScheduleNode } from './operations-node.ts';
import { problemRow } from './problem-row.ts';
import { decisionRow, dueRow } from './retraining-rows.ts';
import { firingRow, isInTrouble, orphanRemarks, remarkRow, scheduleRemarks, scheduleRow } from './schedule-rows.ts';
import { StoreTree } from './store-tree.ts';

const GROUPS: OperationsNode[] = [
  { kind: 'group', group: 'schedules' },
  { kind: 'group', group: 'batches' },
  { kind: 'group', group: 'retraining' },
];

/** So many firings of a schedule are shown; the command line tells the others. */
const SHOWN_FIRINGS = 10;

/** The view "Operations": what runs by itself, when, and how it went. */
export class OperationsView extends StoreTree<OperationsNode> {
  constructor(engine: EngineClient, project: ActiveProject, follower: StoreFollower) {
    super({ id: 'gnuMlops.operations', engine, project, follower, showCollapseAll: true });
  }

  getTreeItem(node: OperationsNode): vscode.TreeItem {
    switch (node.kind) {
      case 'group':
        return groupRow(node.group);
      case 'schedule':
        return scheduleRow(node);
      case 'remark':
        return remarkRow(node);
      case 'firing':
        return firingRow(node);
      case 'batch':
        return batchRow(node);
      case 'output':
        return outputRow(node);
      case 'batchFailure':
        return batchFailureRow(node);
      case 'due':
        return dueRow(node.plan);
      case 'decision':
        return decisionRow(node);
      case 'nothing':
        return nothingRow(node);
      case 'more':
        return moreRow(node, node.runsOf, node.runsOf === 'batches' ? 'batches' : 'decisions');
      case 'problem':
        return problemRow(node);
    }
  }

  /** Shows another page of batches or decisions. */
  loadMore({ runsOf }: Extract<OperationsNode, { kind: 'more' }>): void {
    this.showMore(runsOf);
  }

  protected async rows(ref: ProjectRef, node: OperationsNode | undefined): Promise<OperationsNode[]> {
    switch (node?.kind) {
      case undefined:
        return GROUPS;
      case 'group':
        return this.#group(ref, node.group);
      case 'schedule':
        return this.#scheduleDetails(ref, node);
      case 'batch':
        return this.#batchDetails(ref, node);
      default:
        return [];
    }
  }

  #group(ref: ProjectRef, group: OperationsGroup): Promise<OperationsNode[]> {
    if (group === 'schedules') return this.#schedules(ref);
    return group === 'batches' ? this.#batches(ref) : this.#retraining(ref);
  }

  async #schedules(ref: ProjectRef): Promise<OperationsNode[]> {
    const list = await this.engine.api.schedules(ref);
    this.#warnOf(list.schedules.filter(isInTrouble).map(({ id }) => id));
    const schedules = list.schedules.map((schedule): OperationsNode => ({ kind: 'schedule', schedule }));
    return orNothing('schedules', 'None yet: add one.', [...schedules, ...orphanRemarks(list)]);
  }

  /** The number on the icon in the activity bar. */
  #warnOf(ids: string[]): void {
    const tooltip = `Schedules that failed or never fired: ${ids.join(', ')}`;
    this.tree.badge = ids.length === 0 ? undefined : { value: ids.length, tooltip };
  }

  async #scheduleDetails(ref: ProjectRef, { schedule }: ScheduleNode): Promise<OperationsNode[]> {
    const firings = await this.engine.api.firings(ref, schedule.id, SHOWN_FIRINGS);
    const rows = firings.map((firing): OperationsNode => ({ kind: 'firing', schedule, firing }));
    const remarks = scheduleRemarks(schedule);
    return remarks.length > 0 ? [...remarks, ...rows] : orNothing('schedules', 'Was not due yet.', rows);
  }

  async #batches(ref: ProjectRef): Promise<OperationsNode[]> {
    const rows = await this.#runs(ref, 'batches', (summary) => ({ kind: 'batch', summary }));
    return orNothing('batches', 'None yet: files of the input folder are scored by a batch.', rows);
  }

  async #batchDetails(ref: ProjectRef, { summary }: BatchNode): Promise<OperationsNode[]> {
    const { startTime: start, endTime: end } = summary.run;
    const outputs = await this.engine.api.batchOutputs(ref, { start, end });
    const written = outputs.map((output): OperationsNode => ({ kind: 'output', output }));
    const text = 'Its outputs are not in the output folder.';
    return orNothing('batches', text, [...batchFailures(summary), ...written]);
  }

  async #retraining(ref: ProjectRef): Promise<OperationsNode[]> {
    const decisions = this.#runs(ref, 'retraining', (summary) => ({ kind: 'decision', summary }));
    // Data that cannot be read hides no decision.
    const due = this.engine.api.retrainingPlan(ref).then(
      (plan): OperationsNode[] => (plan === null ? [] : [{ kind: 'due', plan }]),
      (error: unknown): OperationsNode[] => [{ kind: 'problem', error }],
    );
    const rows = (await Promise.all([due, decisions])).flat();
    return orNothing('retraining', 'Nothing has been trained yet.', rows);
  }

  /** A page of the runs that record batches or decisions, newest first. */
  async #runs(
    ref: ProjectRef,
    runsOf: 'batches' | 'retraining',
    row: (summary: RunSummary) => OperationsNode,
  ): Promise<OperationsNode[]> {
    const kind = runsOf === 'batches' ? 'batch' : 'retraining';
    const experiment = (await this.engine.api.experiments(ref)).find((each) => each.kind === kind);
    if (experiment === undefined) return [];
    const limit = this.limitOf(runsOf);
    const { runs, nextPageToken } = await this.engine.api.runs(ref, { experimentId: experiment.experimentId, limit });
    const rows = runs.map(row);
    return nextPageToken === null ? rows : [...rows, { kind: 'more', runsOf }];
  }
}

function orNothing(group: OperationsGroup, sentence: string, rows: OperationsNode[]): OperationsNode[] {
  return rows.length > 0 ? rows : [{ kind: 'nothing', group, sentence }];
}

const TITLES: Record<OperationsGroup, { title: string; icon: string }> = {
  schedules: { title: 'Schedules', icon: 'calendar' },
  batches: { title: 'Batches', icon: 'layers' },
  retraining: { title: 'Retraining', icon: 'sync' },
};

function groupRow(group: OperationsGroup): vscode.TreeItem {
  const { title, icon } = TITLES[group];
  const item = new vscode.TreeItem(title, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `group:${group}`;
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = `group.${group}`;
  item.accessibilityInformation = { label: title };
  return item;
}

function nothingRow({ sentence }: Extract<OperationsNode, { kind: 'nothing' }>): vscode.TreeItem {
  const item = new vscode.TreeItem('');
  item.description = sentence;
  item.contextValue = 'nothing';
  item.accessibilityInformation = { label: sentence };
  return item;
}

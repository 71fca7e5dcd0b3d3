import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import type { Comparison, Side } from './measurement.ts';

/** One row per comparison, for people. */
export function reportTable(comparisons: readonly Comparison[]): string {
  const table = new Table({
    head: [
      'What',
      'Data',
      'Ours',
      'Peer',
      'Ours s',
      'Peer s',
      'Ours/peer',
      'AUC ours',
      'AUC peer',
      'MB ours',
      'MB peer',
    ],
    style: { head: [], border: [] },
  });
  for (const { name, data, ours, peer, ratio, missed } of comparisons) {
    const mark = missed.length > 0 ? ' MISSED' : '';
    table.push([
      name,
      data,
      ours.label,
      peer.label,
      time(ours),
      time(peer),
      `${ratio.toFixed(3)}${mark}`,
      auc(ours),
      auc(peer),
      memory(ours),
      memory(peer),
    ]);
  }
  return table.toString();
}

/** Everything measured, and where, for programs. */
export function reportJson(comparisons: readonly Comparison[], measuredAt: Date): string {
  const machine = {
    processor: cpus()[0]?.model.trim(),
    threads: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
  return JSON.stringify({ measuredAt: measuredAt.toISOString(), machine, comparisons }, null, 2);
}

const time = ({ seconds }: Side) => (seconds < 0.1 ? seconds.toFixed(4) : seconds.toFixed(2));
const auc = ({ auc: area }: Side) => (area === null ? '' : area.toFixed(4));
const memory = ({ peakMegabytes }: Side) => (peakMegabytes === null ? '' : peakMegabytes.toFixed(0));

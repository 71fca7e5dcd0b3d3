import { Scroll } from '../components/scroll.tsx';
import { CompareRowView } from './compare-row.tsx';
import type { Order } from './order.ts';
import { type CompareRow, type RowKind, rowsToShow } from './rows.ts';
import { RunColumn } from './run-column.tsx';
import type { ShownRun } from './shown-run.ts';

interface CompareTableProps {
  runs: readonly ShownRun[];
  rows: readonly CompareRow[];
  /** Indices of the runs from left to right. */
  columns: readonly number[];
  order: Order | null;
  onOrder(key: string): void;
  onHide(runId: string): void;
}

const SECTIONS: { kind: RowKind; title: string; hint?: string }[] = [
  { kind: 'metric', title: 'Metrics' },
  { kind: 'fold', title: 'Cross-validation', hint: 'mean ± std' },
  { kind: 'param', title: 'Params' },
  { kind: 'tag', title: 'Tags' },
];

/** A column for each run, a row for each metric, param and tag. */
export function CompareTable({ runs, rows, columns, order, onOrder, onHide }: CompareTableProps) {
  const shown = columns.flatMap((at) => runs[at] ?? []);
  return (
    <>
      <p class="note table-note">
        The name of a row orders the runs by it: the best first, then the worst, then as they were chosen.
      </p>
      <Scroll label="Runs side by side" height="page">
        <table class="compare-table">
          <caption class="hidden-text">Runs side by side</caption>
          <thead>
            <tr>
              <td class="corner" />
              {shown.map((run) => (
                <RunColumn key={run.run.runId} run={run} canHide={runs.length > 2} onHide={onHide} />
              ))}
            </tr>
          </thead>
          {SECTIONS.map(({ kind, title, hint }) => (
            <tbody key={kind}>
              <tr class="section-row">
                <th scope="rowgroup">
                  <span class="section-title">{title}</span>
                  {hint !== undefined && <span class="row-hint">{hint}</span>}
                </th>
                <td colSpan={shown.length} />
              </tr>
              <Rows rows={rowsToShow(rows, kind, false)} {...{ columns, order, onOrder }} />
            </tbody>
          ))}
        </table>
      </Scroll>
    </>
  );
}

function Rows({ rows, columns, ...ordering }: Pick<CompareTableProps, 'rows' | 'columns' | 'order' | 'onOrder'>) {
  if (rows.length === 0) {
    return (
      <tr class="empty-row">
        <th scope="row">None</th>
        <td colSpan={columns.length} />
      </tr>
    );
  }
  return rows.map((row) => <CompareRowView key={row.key} row={row} columns={columns} {...ordering} />);
}

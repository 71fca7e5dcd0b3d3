import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ComparePanelState } from '../../src/protocol/panels.ts';
import { tellHost } from '../host/connection.ts';
import { CompareTable } from './compare-table.tsx';
import { CompareToolbar } from './compare-toolbar.tsx';
import { exportedTable, toCsv, toMarkdown } from './exported-table.ts';
import { nextOrder, orderedRuns } from './order.ts';
import { ParallelSection } from './parallel-section.tsx';
import { RocSection } from './roc-section.tsx';
import { compareRows } from './rows.ts';
import { shownRuns } from './shown-run.ts';
import { useViewState } from './view-state.ts';

/** Runs side by side. Differences, best values and charts are taken over the runs that are shown. */
export function ComparePage({ state }: { state: ComparePanelState }) {
  const [view, changeView] = useViewState();
  const [onlyDifferences, setOnlyDifferences] = useState(state.onlyDifferences);
  useEffect(() => setOnlyDifferences(state.onlyDifferences), [state]);
  const runs = useMemo(() => shownRuns(state.runs, view.hidden), [state, view.hidden]);
  const rows = useMemo(() => compareRows(runs), [runs]);
  const order = useMemo(() => orderedRuns(runs.length, rows, view.order), [runs, rows, view.order]);
  const visible = rows.filter(({ differs }) => differs || !onlyDifferences);

  const choose = (value: boolean) => {
    setOnlyDifferences(value);
    tellHost({ type: 'setOnlyDifferences', value });
  };
  const exportAs = (format: 'csv' | 'markdown') => {
    const table = exportedTable(runs, visible, order);
    tellHost({ type: 'export', format, text: format === 'csv' ? toCsv(table) : toMarkdown(table) });
  };
  return (
    <>
      <CompareToolbar
        runCount={state.runs.length}
        hiddenRuns={state.runs.length - runs.length}
        hiddenRows={rows.length - visible.length}
        onlyDifferences={onlyDifferences}
        onOnlyDifferences={choose}
        onShowAll={() => changeView({ hidden: [] })}
        onExport={exportAs}
      />
      {visible.length === 0 && <p class="empty table-note">The runs do not differ in any metric, param or tag.</p>}
      <CompareTable
        runs={runs}
        rows={visible}
        columns={order}
        order={view.order}
        onOrder={(key) => changeView({ order: nextOrder(view.order, key) })}
        onHide={(runId) => changeView({ hidden: [...view.hidden, runId] })}
      />
      <RocSection runs={runs} />
      <ParallelSection runs={runs} rows={rows} />
    </>
  );
}

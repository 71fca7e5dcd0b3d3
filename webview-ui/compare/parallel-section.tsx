import { useMemo } from 'preact/hooks';
import { Legend } from '../components/charts/legend.tsx';
import { ParallelChart } from '../components/charts/parallel-chart.tsx';
import { ChartData } from '../components/data-table.tsx';
import { Scroll } from '../components/scroll.tsx';
import { Section } from '../components/section.tsx';
import { parallelAxes } from './parallel-axes.ts';
import type { CompareRow } from './rows.ts';
import type { ShownRun } from './shown-run.ts';

/** Params and metrics in which the runs differ, one line for each run: which settings go with which results. */
export function ParallelSection({ runs, rows }: { runs: readonly ShownRun[]; rows: readonly CompareRow[] }) {
  const axes = useMemo(() => parallelAxes(rows), [rows]);
  const lines = useMemo(
    () =>
      runs.map(({ run, series }, at) => ({
        name: run.name,
        series,
        values: axes.map(({ values }) => values[at] ?? null),
      })),
    [runs, axes],
  );
  // With one axis there is no line to draw.
  if (axes.length < 2) return null;
  const names = axes.map(({ name }) => name);
  const turned = axes.filter(({ inverted }) => inverted).map(({ name }) => name);
  const note = turned.length === 0 ? '' : ` ${turned.join(' and ')}: less is better, so less is up.`;
  return (
    <Section title="Parallel coordinates" note={`Params and metrics in which the runs differ.${note}`}>
      <Legend entries={lines} />
      <Scroll label="Parallel coordinates">
        <ParallelChart
          description={`Parallel coordinates of ${lines.length} runs over ${names.join(', ')}.`}
          axes={axes}
          lines={lines}
        />
      </Scroll>
      <ChartData
        data={{
          caption: 'Parallel coordinates',
          columns: ['Run', ...names],
          rows: lines.map(({ name, values }) => [name, ...values]),
        }}
      />
    </Section>
  );
}

import { useMemo, useState } from 'preact/hooks';
import type { Line, Point } from '../components/charts/line.ts';
import { LineChart } from '../components/charts/line-chart.tsx';
import { ChartData } from '../components/data-table.tsx';
import { Select } from '../components/select.tsx';
import type { Metric } from '../host/snapshot-parts.ts';
import { formatNumber } from '../values/numbers.ts';
import { type SteppedMetric, steppedMetrics } from './stepped-metrics.ts';

/** A metric over its steps; for cross-validation these are the folds. Nothing when every metric has one value only. */
export function MetricHistory({ history }: { history: Metric[] }) {
  const metrics = useMemo(() => steppedMetrics(history), [history]);
  const [chosen, setChosen] = useState('');
  const metric = metrics.find(({ key }) => key === chosen) ?? metrics[0];
  if (metric === undefined) return null;
  return (
    <div class="history">
      <Select
        label={metric.isFolds ? 'Folds of' : 'Steps of'}
        options={metrics.map(({ key }) => key)}
        value={metric.key}
        onChange={setChosen}
      />
      <HistoryChart metric={metric} />
    </div>
  );
}

function HistoryChart({ metric }: { metric: SteppedMetric }) {
  const { key, points, mean, isFolds } = metric;
  const step = isFolds ? 'Fold' : 'Step';
  const drawn = useMemo(() => {
    const first = points[0]?.[0] ?? 0;
    const last = points.at(-1)?.[0] ?? 0;
    const lines: Line[] = [{ name: key, series: 0, points }];
    const reference: Point[] = isFolds
      ? [
          [first, mean],
          [last, mean],
        ]
      : [];
    return { lines, reference, x: { name: step, whole: true, min: first, max: last }, y: { name: key } };
  }, [key, points, mean, isFolds, step]);
  const caption = `${key} by ${step.toLowerCase()}`;
  const range = `from ${formatNumber(metric.least)} to ${formatNumber(metric.most)}, mean ${formatNumber(mean)}`;
  return (
    <>
      <LineChart description={`Line chart: ${caption}, ${range}.`} height={240} symbols {...drawn} />
      <ChartData data={{ caption, columns: [step, key], rows: points.map(([at, value]) => [String(at), value]) }} />
    </>
  );
}

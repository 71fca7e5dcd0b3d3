import { useMemo, useState } from 'preact/hooks';
import { curvePoints, curveRows } from '../components/charts/curve-points.ts';
import { Legend } from '../components/charts/legend.tsx';
import type { Point } from '../components/charts/line.ts';
import { LineChart } from '../components/charts/line-chart.tsx';
import { ChartData } from '../components/data-table.tsx';
import { Section } from '../components/section.tsx';
import { Select } from '../components/select.tsx';
import { formatNumber, isKnown } from '../values/numbers.ts';
import type { ShownRun } from './shown-run.ts';

const CHANCE: Point[] = [
  [0, 0],
  [1, 1],
];
const X = { name: 'False positive rate', min: 0, max: 1 };
const Y = { name: 'True positive rate', min: 0, max: 1 };

/** The ROC curves of all shown runs over each other, for one class at a time. */
export function RocSection({ runs }: { runs: readonly ShownRun[] }) {
  const labels = useMemo(() => classLabels(runs), [runs]);
  const [chosen, setChosen] = useState('');
  const label = labels.includes(chosen) ? chosen : labels[0];
  const curves = useMemo(() => (label === undefined ? [] : rocCurves(runs, label)), [runs, label]);
  if (label === undefined) return null;
  const missing = runs.length - curves.length;
  const absent = missing === 0 ? '' : ` ${missing} of the ${runs.length} runs have none.`;
  return (
    <Section title="ROC curves" note={`Class ${label} against the rest, on each run's own holdout.${absent}`}>
      {labels.length > 1 && <Select label="Class" options={labels} value={label} onChange={setChosen} />}
      <div class="roc">
        <Legend entries={curves} />
        <LineChart
          description={`ROC curves of class ${label}: ${curves.map(({ name, note }) => `${name} ${note ?? ''}`).join(', ')}.`}
          lines={curves}
          x={X}
          y={Y}
          reference={CHANCE}
          height={380}
        />
      </div>
      <ChartData
        data={{
          caption: `ROC curves of class ${label}`,
          columns: ['Run', X.name, Y.name, 'Threshold'],
          rows: curves.flatMap(({ name, rows }) => rows.map((row) => [name, ...row])),
        }}
      />
    </Section>
  );
}

function rocCurves(runs: readonly ShownRun[], label: string) {
  return runs.flatMap(({ run, evaluation, series }) => {
    const curves = evaluation?.curves.find((each) => String(each.label) === label);
    if (!evaluation || curves === undefined) return [];
    // With more classes the metric is an average over them, not the area of this curve.
    const area = evaluation.curves.length === 1 ? evaluation.metrics.roc_auc : null;
    const note = isKnown(area) ? { note: `AUC ${formatNumber(area)}` } : {};
    return [{ name: run.name, series, points: curvePoints(curves.roc), rows: curveRows(curves.roc), ...note }];
  });
}

function classLabels(runs: readonly ShownRun[]): string[] {
  return [...new Set(runs.flatMap(({ evaluation }) => evaluation?.curves.map(({ label }) => String(label)) ?? []))];
}

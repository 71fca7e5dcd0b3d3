import { useMemo } from 'preact/hooks';
import { curvePoints, curveRows } from '../components/charts/curve-points.ts';
import { Legend } from '../components/charts/legend.tsx';
import type { Point } from '../components/charts/line.ts';
import { LineChart } from '../components/charts/line-chart.tsx';
import { ChartData } from '../components/data-table.tsx';
import { Section } from '../components/section.tsx';
import type { ClassCurves, Evaluation } from '../host/snapshot-parts.ts';
import { type Doubtful, formatNumber, isKnown } from '../values/numbers.ts';

const CHANCE: Point[] = [
  [0, 0],
  [1, 1],
];

const ROC: Kind = {
  title: 'ROC',
  x: { name: 'False positive rate', min: 0, max: 1 },
  y: { name: 'True positive rate', min: 0, max: 1 },
  reference: CHANCE,
  area: 'AUC',
  curve: ({ roc }) => roc,
};

const PRECISION_RECALL: Kind = {
  title: 'Precision-recall',
  x: { name: 'Recall', min: 0, max: 1 },
  y: { name: 'Precision', min: 0, max: 1 },
  area: 'average precision',
  curve: ({ precision_recall }) => precision_recall,
};

/** ROC and precision-recall: of the positive class with two classes, else of each class against the rest. */
export function CurvesSection({ evaluation: { curves, metrics, classes } }: { evaluation: Evaluation }) {
  if (curves.length === 0) return null;
  const [only] = curves;
  const note =
    curves.length === 1 && only !== undefined
      ? `Positive class: ${only.label}`
      : `Each of the ${classes.length} classes against the rest.`;
  const averaged = curves.length > 1 ? ' (macro)' : '';
  return (
    <Section title="Curves" note={note}>
      {curves.length > 1 && <Legend entries={curves.map(({ label }, series) => ({ series, name: String(label) }))} />}
      <div class="columns">
        <CurveFigure kind={ROC} curves={curves} area={metrics.roc_auc} averaged={averaged} />
        <CurveFigure kind={PRECISION_RECALL} curves={curves} area={metrics.average_precision} averaged={averaged} />
      </div>
    </Section>
  );
}

interface Kind {
  title: string;
  x: { name: string; min: number; max: number };
  y: { name: string; min: number; max: number };
  reference?: Point[];
  /** Name of the metric that is the curve's area. */
  area: string;
  curve(curves: ClassCurves): ClassCurves['roc'];
}

interface CurveFigureProps {
  kind: Kind;
  curves: ClassCurves[];
  area: Doubtful;
  averaged: string;
}

function CurveFigure({ kind, curves, area, averaged }: CurveFigureProps) {
  const { title, x, y, reference } = kind;
  const lines = useMemo(
    () => curves.map((each, series) => ({ name: String(each.label), series, points: curvePoints(kind.curve(each)) })),
    [kind, curves],
  );
  const measure = isKnown(area) ? `${kind.area} ${formatNumber(area)}${averaged}` : undefined;
  const whose = curves.map(({ label }) => label).join(', ');
  const description = `${title} curve of ${whose}${measure === undefined ? '' : `; ${measure}`}.`;
  const rows = curves.flatMap((each) => curveRows(kind.curve(each)).map((row) => [String(each.label), ...row]));
  return (
    <figure class="figure">
      <figcaption>
        <h3>{title}</h3>
        {measure !== undefined && <span class="muted">{measure}</span>}
      </figcaption>
      <LineChart description={description} lines={lines} x={x} y={y} {...(reference && { reference })} />
      <ChartData data={{ caption: `${title} curve`, columns: ['Class', x.name, y.name, 'Threshold'], rows }} />
    </figure>
  );
}

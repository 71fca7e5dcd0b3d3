import { ParallelChart as EChartsParallel } from 'echarts/charts';
import { ParallelComponent } from 'echarts/components';
import { type EChartsCoreOption, use } from 'echarts/core';
import { useMemo } from 'preact/hooks';
import { formatNumber } from '../../values/numbers.ts';
import { Chart } from './chart.tsx';
import type { ChartTheme } from './chart-theme.ts';
import { seriesStyle } from './series.ts';

use([EChartsParallel, ParallelComponent]);

interface Axis {
  name: string;
  /** Whole numbers only. */
  whole: boolean;
  /** Texts from bottom to top; null for an axis of numbers. */
  categories: readonly string[] | null;
  /** Less is up. */
  inverted: boolean;
}

interface ParallelLine {
  name: string;
  series: number;
  /** By axis; null where the line has no point. */
  values: readonly (number | string | null)[];
}

interface ParallelChartProps {
  description: string;
  axes: readonly Axis[];
  lines: readonly ParallelLine[];
}

/** Narrower axes would write their labels over each other. */
const AXIS_WIDTH = 96;

/** Upright axes beside each other, a line across them for each run; as wide as its axes need. */
export function ParallelChart({ description, axes, lines }: ParallelChartProps) {
  const option = useMemo(() => (theme: ChartTheme) => parallelOption(axes, lines, theme), [axes, lines]);
  return (
    <div style={{ minWidth: `${axes.length * AXIS_WIDTH}px` }}>
      <Chart description={description} height={320} option={option} />
    </div>
  );
}

function parallelOption(axes: readonly Axis[], lines: readonly ParallelLine[], theme: ChartTheme): EChartsCoreOption {
  return {
    parallel: { left: 48, right: 72, top: 40, bottom: 20 },
    parallelAxis: axes.map((axis, dim) => ({ dim, ...axisOption(axis, theme) })),
    series: lines.map(({ name, series, values }) => {
      const { colour, dash } = seriesStyle(series);
      return {
        type: 'parallel',
        name,
        silent: true,
        lineStyle: { color: theme.series[colour], width: 2, opacity: 1, type: dash.length === 0 ? 'solid' : dash },
        data: [values.map((value) => value ?? '-')],
      };
    }),
  };
}

function axisOption({ name, whole, categories, inverted }: Axis, theme: ChartTheme) {
  const scale =
    categories === null
      ? { type: 'value', scale: true, splitNumber: 4, minInterval: whole ? 1 : 0 }
      : { type: 'category', data: categories };
  return {
    ...scale,
    name,
    inverse: inverted,
    nameLocation: inverted ? 'start' : 'end',
    nameGap: 14,
    nameTextStyle: { color: theme.text },
    nameTruncate: { maxWidth: AXIS_WIDTH + 10, ellipsis: '…' },
    axisLine: { lineStyle: { color: theme.axis } },
    axisTick: { lineStyle: { color: theme.axis } },
    axisLabel: {
      color: theme.text,
      // Lines run under the labels: a border in the page's colour keeps them apart.
      textBorderColor: theme.background,
      textBorderWidth: 3,
      hideOverlap: true,
      ...(categories === null
        ? { formatter: axisNumber }
        : { interval: 0, width: AXIS_WIDTH - 20, overflow: 'truncate' }),
    },
  };
}

/** As few digits as a label needs. */
function axisNumber(value: number): string {
  return formatNumber(value)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

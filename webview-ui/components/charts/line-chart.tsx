import { LineChart as EChartsLine } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { type EChartsCoreOption, use } from 'echarts/core';
import { useMemo } from 'preact/hooks';
import { formatNumber } from '../../values/numbers.ts';
import { Chart, tooltipStyle } from './chart.tsx';
import type { ChartTheme } from './chart-theme.ts';
import type { Axis, Line, Point } from './line.ts';
import { seriesStyle } from './series.ts';

use([EChartsLine, GridComponent]);

export interface LineChartProps {
  description: string;
  lines: readonly Line[];
  x: Axis;
  y: Axis;
  height?: number;
  /** A thin dashed line to compare with: that of chance in a ROC chart, or a mean. */
  reference?: readonly Point[];
  /** Show each point; for lines of few. */
  symbols?: boolean;
}

/** Lines over two axes of numbers. */
export function LineChart({ description, height = 300, ...drawn }: LineChartProps) {
  const { lines, x, y, reference, symbols } = drawn;
  const option = useMemo(
    () => (theme: ChartTheme) => lineOption({ description, lines, x, y, reference, symbols }, theme),
    [description, lines, x, y, reference, symbols],
  );
  return <Chart description={description} height={height} option={option} />;
}

type Drawn = Pick<LineChartProps, 'description' | 'lines' | 'x' | 'y'> & {
  reference: readonly Point[] | undefined;
  symbols: boolean | undefined;
};

function lineOption({ lines, x, y, reference, symbols }: Drawn, theme: ChartTheme): EChartsCoreOption {
  const comparison = reference === undefined ? [] : [referenceSeries(reference, theme)];
  return {
    grid: { left: 52, right: 14, top: 14, bottom: 44 },
    xAxis: { ...axisStyle(x, theme), nameGap: 26 },
    yAxis: { ...axisStyle(y, theme), nameGap: 38 },
    tooltip: { ...tooltipStyle(theme), trigger: 'axis', formatter: (shown: unknown) => tooltipText(shown, x, y) },
    series: [...comparison, ...lines.map((line) => lineSeries(line, theme, symbols ?? false))],
  };
}

function lineSeries({ name, series, points }: Line, theme: ChartTheme, symbols: boolean) {
  const { colour, dash } = seriesStyle(series);
  const color = theme.series[colour];
  return {
    type: 'line',
    name,
    data: points,
    showSymbol: symbols,
    symbol: 'circle',
    symbolSize: 7,
    lineStyle: { color, width: 2, type: dash.length === 0 ? 'solid' : dash },
    itemStyle: { color },
    emphasis: { disabled: true },
  };
}

function referenceSeries(points: readonly Point[], theme: ChartTheme) {
  const lineStyle = { color: theme.axis, width: 1, type: 'dashed' };
  return { type: 'line', data: points, showSymbol: false, silent: true, lineStyle, tooltip: { show: false } };
}

function axisStyle({ name, min, max, whole }: Axis, theme: ChartTheme) {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameTextStyle: { color: theme.mutedText },
    scale: true,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(whole === true ? { minInterval: 1 } : {}),
    axisLine: { show: true, lineStyle: { color: theme.axis } },
    axisTick: { show: false },
    axisLabel: { color: theme.mutedText, hideOverlap: true },
    splitLine: { lineStyle: { color: theme.grid } },
    axisPointer: { lineStyle: { color: theme.axis } },
  };
}

const MOST_TOOLTIP_LINES = 8;

/** The nearest point of each line. The text is drawn as it is; "{" would begin a style of ECharts' rich text. */
function tooltipText(shown: unknown, x: Axis, y: Axis): string {
  const items = (Array.isArray(shown) ? shown : [shown]) as {
    seriesName: string;
    value: Point;
    componentIndex: number;
  }[];
  const named = items.filter(({ seriesName }) => !seriesName.startsWith('series\0'));
  const texts = named.slice(0, MOST_TOOLTIP_LINES).map(({ seriesName, value }) => {
    const name = seriesName.replaceAll(/[{}\n]/g, ' ').slice(0, 40);
    return `${name}: ${y.name.toLowerCase()} ${formatNumber(value[1])} at ${x.name.toLowerCase()} ${formatNumber(value[0])}`;
  });
  const more = named.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

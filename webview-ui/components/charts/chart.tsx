import { AriaComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type ChartTheme, onThemeChange, readChartTheme } from './chart-theme.ts';

use([SVGRenderer, AriaComponent, TooltipComponent]);

interface ChartProps {
  /** What the chart shows, in a sentence: screen readers say it in its place. */
  description: string;
  /** In pixels. */
  height: number;
  option(theme: ChartTheme): EChartsCoreOption;
}

/** An ECharts chart in the editor's colours, as wide as its place, without any animation. */
export function Chart({ description, height, option }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<ReturnType<typeof init> | null>(null);
  const [theme, setTheme] = useState(readChartTheme);

  useEffect(() => onThemeChange(() => setTheme(readChartTheme())), []);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = init(element, undefined, { renderer: 'svg' });
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    setChart(made);
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);

  useEffect(() => {
    chart?.setOption({ ...common(theme, description), ...option(theme) }, { notMerge: true });
  }, [chart, theme, description, option]);

  return <div ref={place} class="chart" style={{ height: `${height}px` }} />;
}

function common(theme: ChartTheme, description: string): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { color: theme.text, fontFamily: theme.fontFamily, fontSize: theme.fontSize },
    aria: { enabled: true, label: { description } },
  };
}

/** ECharts' HTML tooltips are made of inline styles, which the page's security policy forbids; these are drawn. */
export function tooltipStyle({ tooltip, fontFamily, fontSize }: ChartTheme) {
  return {
    renderMode: 'richText' as const,
    confine: true,
    backgroundColor: tooltip.background,
    borderColor: tooltip.border,
    borderWidth: 1,
    textStyle: { color: tooltip.text, fontFamily, fontSize },
  };
}

import { COLOURS } from './series.ts';

/** The editor's colours and font as plain values: ECharts computes with colours, so it cannot take CSS variables. */
export interface ChartTheme {
  text: string;
  mutedText: string;
  /** Axes. */
  axis: string;
  /** Lines of the grid. */
  grid: string;
  background: string;
  /** In the order of COLOURS. */
  series: string[];
  tooltip: { background: string; text: string; border: string };
  fontFamily: string;
  fontSize: number;
}

const FALLBACKS = ['#3794ff', '#d18616', '#89d185', '#b180d7', '#f14c4c', '#cca700'];

export function readChartTheme(): ChartTheme {
  const probe = document.createElement('span');
  document.body.append(probe);
  const read = (colour: string) => {
    probe.style.color = colour;
    return plainColour(getComputedStyle(probe).color);
  };
  const theme: ChartTheme = {
    text: read('var(--vscode-foreground, #cccccc)'),
    mutedText: read('var(--page-muted)'),
    axis: read('var(--page-axis)'),
    grid: read('var(--page-grid)'),
    background: read('var(--vscode-editor-background, #1f1f1f)'),
    series: COLOURS.map((name, at) => read(`var(--vscode-charts-${name}, ${FALLBACKS[at]})`)),
    tooltip: {
      background: read('var(--vscode-editorHoverWidget-background, #252526)'),
      text: read('var(--vscode-editorHoverWidget-foreground, #cccccc)'),
      border: read('var(--vscode-editorHoverWidget-border, #454545)'),
    },
    fontFamily: getComputedStyle(document.body).fontFamily,
    fontSize: Math.max(11, Number.parseFloat(getComputedStyle(document.body).fontSize) - 1),
  };
  probe.remove();
  return theme;
}

/** Calls the listener whenever the editor changes its theme. @returns ends it */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-kind'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  return () => observer.disconnect();
}

/** Themes may mix colours; the browser then computes `color(srgb r g b / a)`, which ECharts does not read. */
function plainColour(computed: string): string {
  const mixed = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/.exec(computed);
  if (mixed === null) return computed;
  const [red, green, blue] = mixed.slice(1, 4).map((part) => Math.round(Number(part) * 255));
  return `rgba(${red}, ${green}, ${blue}, ${mixed[4] ?? 1})`;
}

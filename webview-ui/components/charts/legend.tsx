import { COLOURS, seriesStyle } from './series.ts';

/** The line of a series, as the chart draws it. */
export function Swatch({ series }: { series: number }) {
  const { colour, dash } = seriesStyle(series);
  return (
    <svg class={`swatch swatch-${COLOURS[colour]}`} width="22" height="8" aria-hidden="true">
      <line x1="0" x2="22" y1="4" y2="4" stroke-width="2.5" stroke-dasharray={dash.join(' ')} />
    </svg>
  );
}

/** Which line is which. */
export function Legend({ entries }: { entries: readonly { series: number; name: string; note?: string }[] }) {
  return (
    <ul class="legend">
      {entries.map(({ series, name, note }) => (
        <li key={series}>
          <Swatch series={series} />
          <span class="legend-name" title={name}>
            {name}
          </span>
          {note !== undefined && <span class="legend-note">{note}</span>}
        </li>
      ))}
    </ul>
  );
}

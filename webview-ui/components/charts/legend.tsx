import { Scroll } from '../scroll.tsx';
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

interface LegendProps {
  entries: readonly { series: number; name: string; note?: string }[];
}

/** More entries than this scroll in a place of their own. */
const MOST_ENTRIES = 14;

/** Which line is which. */
export function Legend({ entries }: LegendProps) {
  if (entries.length <= MOST_ENTRIES) return <Entries entries={entries} />;
  return (
    <Scroll label="Legend" height="legend">
      <Entries entries={entries} />
    </Scroll>
  );
}

function Entries({ entries }: LegendProps) {
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

import { useState } from 'preact/hooks';
import { Section } from '../components/section.tsx';
import { NumberValue } from '../components/value.tsx';
import type { Evaluation } from '../host/snapshot-parts.ts';
import { isKnown } from '../values/numbers.ts';

type Importances = Evaluation['importances'];

const SHOWN_AT_FIRST = 20;

/**
 * Feature importances as bars. The bars stand in the cells of an HTML table, so chart and table are one: a screen reader
 * has the numbers, and long names of features break as text does.
 */
export function ImportancesSection({ importances }: { importances: Importances }) {
  const [all, setAll] = useState(false);
  if (importances.length === 0) return null;
  const shown = all ? importances : importances.slice(0, SHOWN_AT_FIRST);
  const note = 'How much each feature contributed to the trees; the sum over all features is 1.';
  return (
    <Section title="Feature importances" note={note}>
      <BarTable importances={shown} />
      {importances.length > SHOWN_AT_FIRST && (
        <button type="button" class="link more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `Show the first ${SHOWN_AT_FIRST} only` : `Show all ${importances.length} features`}
        </button>
      )}
    </Section>
  );
}

function BarTable({ importances }: { importances: Importances }) {
  const known = importances.map(({ importance }) => importance).filter(isKnown);
  const longest = Math.max(...known, Number.MIN_VALUE);
  return (
    <table class="bars">
      <caption class="hidden-text">Features by importance</caption>
      <colgroup>
        <col />
        <col />
      </colgroup>
      <thead class="hidden-text">
        <tr>
          <th scope="col">Feature</th>
          <th scope="col">Importance</th>
        </tr>
      </thead>
      <tbody>
        {importances.map(({ feature, importance }) => (
          <tr key={feature}>
            <th scope="row" title={feature}>
              {feature}
            </th>
            <td>
              <div class="bar-line">
                <div class="bar" style={{ width: `${(100 * (isKnown(importance) ? importance : 0)) / longest}%` }} />
                <span class="bar-value">
                  <NumberValue value={importance} />
                </span>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

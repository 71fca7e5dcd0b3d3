import { useState } from 'preact/hooks';
import type { BatchPanelState } from '../../src/protocol/panels.ts';
import { Icon } from '../components/icon.tsx';
import { Scroll } from '../components/scroll.tsx';

interface PreviewTableProps {
  caption: string;
  table: BatchPanelState['preview']['output'];
  /** From this column on they are marked as added. */
  firstAdded?: number;
  /** Whether every row has its number before it. */
  isNumbered?: boolean;
}

/** As many rows are drawn at a time: a thousand rows of a hundred columns would make the page slow. */
const PAGE_ROWS = 100;

/** Rows of a CSV file, a hundred at a time. */
export function PreviewTable(props: PreviewTableProps) {
  const { caption, table, firstAdded = Number.POSITIVE_INFINITY, isNumbered = false } = props;
  const [start, setStart] = useState(0);
  const { columns, rows } = table;
  // A new snapshot may be shorter.
  const first = start < rows.length ? start : 0;
  const isNumber = columns.map((_, column) => rows.every((row) => isNumberText(row[column])));
  const classOf = (column: number) =>
    [isNumber[column] ? 'number' : '', column >= firstAdded ? 'added' : ''].join(' ').trim();
  return (
    <>
      <Scroll label={caption} height="preview">
        <table class="data-table">
          <caption class="hidden-text">{caption}</caption>
          <thead>
            <tr>
              {isNumbered && (
                <th scope="col" class="number">
                  Row
                </th>
              )}
              {columns.map((name, column) => (
                <th key={column} scope="col" class={classOf(column)}>
                  <Cell text={name} />
                  {column >= firstAdded && <span class="hidden-text"> (added by the batch)</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(first, first + PAGE_ROWS).map((row, at) => (
              <tr key={first + at}>
                {isNumbered && (
                  <th scope="row" class="number">
                    {first + at + 1}
                  </th>
                )}
                {row.map((cell, column) => (
                  <td key={column} class={classOf(column)}>
                    <Cell text={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > PAGE_ROWS && <Pager first={first} count={rows.length} onMove={setStart} />}
    </>
  );
}

const SHORT_CELL = 80;

/** A long text takes three lines, and shows whole on hover. */
function Cell({ text }: { text: string }) {
  if (text.length <= SHORT_CELL) return <>{text}</>;
  return (
    <span class="long-cell" title={text}>
      {text}
    </span>
  );
}

function Pager({ first, count, onMove }: { first: number; count: number; onMove(first: number): void }) {
  const last = Math.min(first + PAGE_ROWS, count);
  return (
    <nav class="pager" aria-label="Rows">
      <button type="button" class="link" disabled={first === 0} onClick={() => onMove(first - PAGE_ROWS)}>
        <Icon name="chevron-left" /> Previous
      </button>
      <span role="status">
        Rows {first + 1} to {last} of {count.toLocaleString('en-US')}
      </span>
      <button type="button" class="link" disabled={last === count} onClick={() => onMove(first + PAGE_ROWS)}>
        Next <Icon name="chevron-right" />
      </button>
    </nav>
  );
}

/** Such columns stand to the right; a gap is no reason against it. */
function isNumberText(text: string | undefined): boolean {
  return text === undefined || /^\s*(-?(\d+([.,]\d+)?|\.\d+)(e[+-]?\d+)?)?\s*$/i.test(text);
}

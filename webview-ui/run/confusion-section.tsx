import { BreakableName } from '../components/breakable-name.tsx';
import { Scroll } from '../components/scroll.tsx';
import { Section } from '../components/section.tsx';
import { NumberValue } from '../components/value.tsx';
import type { Evaluation } from '../host/snapshot-parts.ts';
import { formatShare } from '../values/numbers.ts';
import { heatClass, type MatrixCell, matrixCells } from './confusion-cells.ts';

/** A matrix of more classes needs the page's width for itself. */
const MOST_BESIDE = 4;

type Parts = Pick<Evaluation, 'classes' | 'confusion_matrix' | 'by_class'>;

/** What was taken for what, and how each class fares. */
export function ConfusionSection({ evaluation }: { evaluation: Parts }) {
  const { classes, confusion_matrix, by_class } = evaluation;
  if (classes.length === 0 || confusion_matrix.length !== classes.length) return null;
  const labels = classes.map(String);
  return (
    <Section title="Confusion matrix" note="Rows of the holdout by their class and the class that was predicted.">
      <div class={labels.length > MOST_BESIDE ? 'stacked' : 'columns'}>
        <Matrix labels={labels} cells={matrixCells(confusion_matrix)} />
        <ClassTable labels={labels} scores={by_class} />
      </div>
    </Section>
  );
}

function Matrix({ labels, cells }: { labels: string[]; cells: MatrixCell[][] }) {
  return (
    <Scroll label="Confusion matrix">
      <table class={labels.length > MOST_BESIDE ? 'matrix matrix-dense' : 'matrix'}>
        <caption class="hidden-text">Confusion matrix: a row for each class, a column for each predicted class</caption>
        <thead>
          <tr>
            <td class="matrix-corner" />
            <th scope="colgroup" colSpan={labels.length} class="matrix-side">
              Predicted
            </th>
          </tr>
          <tr>
            <th scope="col" class="matrix-side">
              Actual
            </th>
            {labels.map((label) => (
              <th key={label} scope="col" title={label}>
                <span class="matrix-label">
                  <BreakableName name={label} />
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cells.map((row, actual) => (
            <tr key={labels[actual]}>
              <th scope="row" title={labels[actual]}>
                {labels[actual]}
              </th>
              {row.map((cell, predicted) => (
                <td key={labels[predicted]} class={`matrix-cell ${heatClass(cell)}`}>
                  <span class="matrix-count">{cell.count.toLocaleString()}</span>
                  <span class="matrix-share">{formatShare(cell.share)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const SCORES = ['precision', 'recall', 'f1'] as const;

function ClassTable({ labels, scores }: { labels: string[]; scores: Evaluation['by_class'] }) {
  return (
    <table class="data-table">
      <caption class="hidden-text">Scores by class</caption>
      <thead>
        <tr>
          <th scope="col">Class</th>
          {[...SCORES, 'rows'].map((name) => (
            <th key={name} scope="col" class="number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {scores.map((each, at) => (
          <tr key={labels[at]}>
            <th scope="row">{labels[at]}</th>
            {SCORES.map((name) => (
              <td key={name} class="number">
                <NumberValue value={each[name]} />
              </td>
            ))}
            <td class="number">{each.support.toLocaleString()}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

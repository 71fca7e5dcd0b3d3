import { Section } from '../components/section.tsx';
import { NoValue, NumberValue } from '../components/value.tsx';
import type { Metric } from '../host/snapshot-parts.ts';
import { betterDirection, crossValidatedKeys, crossValidatedMetrics, holdoutMetrics } from '../values/metrics.ts';
import { type Doubtful, formatMeanAndDeviation, formatNumber, isKnown } from '../values/numbers.ts';
import { MetricHistory } from './metric-history.tsx';

type Metrics = Record<string, Doubtful>;

interface MetricsSectionProps {
  metrics: Metrics;
  history: Metric[];
  /** Rows of the holdout; null when there is no evaluation. */
  rows: number | null;
}

/** All numbers of a run: the main ones large, all in a table, those with several steps as a line. */
export function MetricsSection({ metrics, history, rows }: MetricsSectionProps) {
  if (Object.keys(metrics).length === 0) {
    return (
      <Section title="Metrics">
        <p class="empty">This run has no metrics.</p>
      </Section>
    );
  }
  const note = rows === null ? undefined : `Measured on ${rows.toLocaleString()} rows that were kept out of training.`;
  return (
    <Section title="Metrics" note={note}>
      <Tiles metrics={metrics} />
      <div class="columns">
        <MetricsTable metrics={metrics} />
        <MetricHistory history={history} />
      </div>
    </Section>
  );
}

/** Six at most: what an operator looks at first. */
const TILES = ['accuracy', 'precision', 'recall', 'f1', 'roc_auc', 'log_loss'];

function Tiles({ metrics }: { metrics: Metrics }) {
  const shown = TILES.filter((name) => name in metrics);
  if (shown.length === 0) return null;
  return (
    <dl class="tiles">
      {shown.map((name) => {
        const { mean, deviation } = crossValidatedKeys(name);
        return (
          <div key={name} class="tile">
            <dt>{name}</dt>
            <dd class="tile-value">
              <NumberValue value={metrics[name]} />
            </dd>
            {isKnown(metrics[mean]) && (
              <dd class="tile-note">cv {formatMeanAndDeviation(metrics[mean], metrics[deviation])}</dd>
            )}
          </div>
        );
      })}
    </dl>
  );
}

function MetricsTable({ metrics }: { metrics: Metrics }) {
  const keys = Object.keys(metrics);
  const validated = new Set(crossValidatedMetrics(keys));
  const names = holdoutMetrics([...new Set([...keys, ...validated])]);
  const hasValidation = validated.size > 0;
  return (
    <table class="data-table metrics-table">
      <caption class="hidden-text">Metrics</caption>
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col" class="number">
            {hasValidation ? 'Holdout' : 'Value'}
          </th>
          {hasValidation && (
            <th scope="col" class="number">
              Cross-validation, mean ± std
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row">
              {name}
              {betterDirection(name) === 'less' && <span class="hint"> less is better</span>}
            </th>
            <td class="number">
              <NumberValue value={metrics[name]} />
            </td>
            {hasValidation && (
              <td class="number">{validated.has(name) ? <Validated name={name} metrics={metrics} /> : <NoValue />}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Validated({ name, metrics }: { name: string; metrics: Metrics }) {
  const { mean, deviation } = crossValidatedKeys(name);
  if (!isKnown(metrics[mean])) return <NoValue />;
  return (
    <>
      {formatNumber(metrics[mean])} <span class="muted">± {formatNumber(metrics[deviation])}</span>
    </>
  );
}

import type { PredictResult } from '../../protocol/engine-api.ts';
import { escapeMarkdown } from '../views/metric-text.ts';

const MOST_ROWS = 200;

/** Predictions as a page; the first rows of many. */
export function predictionReport({ model_name, version, predictions, warnings, output }: PredictResult): string {
  const classes = Object.keys(predictions[0]?.probabilities ?? {});
  const shown = predictions.slice(0, MOST_ROWS);
  const rest = predictions.length - shown.length;
  return [
    `# Predictions of ${escapeMarkdown(model_name)} version ${version}`,
    '',
    ...warnings.map((warning) => `> **Note:** ${escapeMarkdown(warning)}\n`),
    ...(output === null ? [] : [`Written to ${escapeMarkdown(output)}`, '']),
    `| Row | Prediction | ${classes.map(escapeMarkdown).join(' | ')} |`,
    `|---:|---|${classes.map(() => '---:|').join('')}`,
    ...shown.map(({ prediction, probabilities }, row) => {
      const shares = classes.map((name) => percent(probabilities[name]));
      return `| ${row + 1} | ${escapeMarkdown(String(prediction))} | ${shares.join(' | ')} |`;
    }),
    ...(rest > 0 ? ['', `and ${rest} more rows.`] : []),
  ].join('\n');
}

/** "97.3 %" */
export function percent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? '-' : `${(share * 100).toFixed(1)} %`;
}

import type { ValidateResult } from '../../protocol/engine-api.ts';
import { escapeMarkdown } from '../views/metric-text.ts';

const WORDS = { ok: 'ok', warning: 'warning', error: '**error**' };

/** The set-up check as a page. */
export function validationReport({ checks }: ValidateResult, configFile: string): string {
  return [
    `# Set-up check of ${escapeMarkdown(configFile)}`,
    '',
    '| Check | Result | What was found | What to do |',
    '|---|---|---|---|',
    ...checks.map(({ id, status, message, fix }) => {
      return `| ${id} | ${WORDS[status]} | ${escapeMarkdown(message)} | ${escapeMarkdown(fix ?? '')} |`;
    }),
  ].join('\n');
}

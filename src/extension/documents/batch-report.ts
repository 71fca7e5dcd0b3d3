import path from 'node:path';
import type { BatchResult } from '../../protocol/unattended-api.ts';
import { escapeMarkdown } from '../views/metric-text.ts';

/** What a batch did, or would do, file by file. */
export function batchReport({ status, model_name, version, files }: BatchResult): string {
  const isPlan = status === 'dry-run';
  const model = `${escapeMarkdown(model_name)}${version === null ? '' : ` version ${version}`}`;
  const none = isPlan ? 'No file waits in the input folder.' : 'There was nothing to score.';
  return [
    `# Batch with ${model}`,
    '',
    ...(files.length === 0 ? [none] : fileTable(files)),
    '',
    ...files.flatMap(({ input, warnings }) =>
      warnings.map((warning) => `- **${name(input)}**: ${escapeMarkdown(warning)}`),
    ),
    ...(isPlan ? ['', 'Nothing was written: this is what would happen.'] : []),
  ].join('\n');
}

function fileTable(files: BatchResult['files']): string[] {
  return [
    '| Input | Status | Rows | Refused | Output | Remark |',
    '|---|---|---:|---:|---|---|',
    ...files.map(({ input, status, rows, refused, output, error }) => {
      const cells = [name(input), status, rows, refused, output === null ? '' : name(output)];
      return `| ${cells.join(' | ')} | ${escapeMarkdown(error ?? '')} |`;
    }),
  ];
}

function name(file: string): string {
  return escapeMarkdown(path.basename(file));
}

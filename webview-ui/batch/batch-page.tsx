import type { BatchPanelState } from '../../src/protocol/panels.ts';
import { Section } from '../components/section.tsx';
import { BatchHeader } from './batch-header.tsx';
import { ManifestSection } from './manifest-section.tsx';
import { PreviewTable } from './preview-table.tsx';
import { RefusedSection } from './refused-section.tsx';

/** A file that a batch wrote: what came of it, its first rows with what was added, and the rows that were refused. */
export function BatchPage({ state: { preview } }: { state: BatchPanelState }) {
  const { output, inputColumns, manifest } = preview;
  return (
    <>
      <BatchHeader preview={preview} />
      <Section title="Scored rows" note={<OutputNote {...preview} />}>
        {output.rows.length === 0 ? (
          <p class="empty">No row was scored.</p>
        ) : (
          <PreviewTable
            caption={`Scored rows of ${manifest.input.name}`}
            table={output}
            firstAdded={inputColumns}
            isNumbered
          />
        )}
      </Section>
      <RefusedSection preview={preview} />
      <ManifestSection manifest={manifest} />
    </>
  );
}

function OutputNote({ output, inputColumns }: BatchPanelState['preview']) {
  const added = output.columns.length - inputColumns;
  return (
    <>
      {output.rows.length < output.total
        ? `The first ${count(output.rows.length)} of ${count(output.total)} rows. `
        : `All ${count(output.total)} rows. `}
      The {added} marked columns are what the batch added.
    </>
  );
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

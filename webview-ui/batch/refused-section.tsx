import type { BatchPanelState } from '../../src/protocol/panels.ts';
import { DataTable } from '../components/data-table.tsx';
import { Section } from '../components/section.tsx';
import { PreviewTable } from './preview-table.tsx';

/** The rows that did not fit the model, with their line in the input and the reason; nothing when every row was scored. */
export function RefusedSection({ preview: { refused, manifest } }: { preview: BatchPanelState['preview'] }) {
  if (refused === null) return null;
  const reasons = Object.entries(manifest.refused_reasons).map(([reason, rows]) => [
    reason,
    rows.toLocaleString('en-US'),
  ]);
  const isCut = refused.rows.length < refused.total;
  const shown = isCut ? `The first ${refused.rows.length} of ` : '';
  const count = `${refused.total.toLocaleString('en-US')} ${refused.total === 1 ? 'row' : 'rows'}`;
  const note = `${shown}${count} without a prediction, for the reasons below. Lines are those of the input.`;
  return (
    <Section title="Refused rows" note={note}>
      <div class="stacked">
        <DataTable data={{ caption: 'Reasons', columns: ['Reason', 'Rows'], rows: reasons }} />
        <div>
          <PreviewTable caption={`Refused rows of ${manifest.input.name}`} table={refused} />
        </div>
      </div>
    </Section>
  );
}

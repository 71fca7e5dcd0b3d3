import type { BatchPanelState } from '../../src/protocol/panels.ts';
import { NameValueTable } from '../components/name-value-table.tsx';
import { Section } from '../components/section.tsx';

/** What the manifest holds beside what the head says: by this an input is known, and its model found again. */
export function ManifestSection({ manifest }: { manifest: BatchPanelState['preview']['manifest'] }) {
  const { input, output, refused_file, model, started, finished } = manifest;
  const entries: [string, string][] = [
    ['input.name', input.name],
    ['input.size', `${input.size.toLocaleString('en-US')} bytes`],
    ['input.sha256', input.sha256],
    ['output', output],
    ...(refused_file === null ? [] : [['refused_file', refused_file] as [string, string]]),
    ['model.run_id', model.run_id ?? 'unknown'],
    ['started', started],
    ['finished', finished],
  ];
  return (
    <Section title="Manifest">
      <NameValueTable caption="Manifest" entries={entries} />
    </Section>
  );
}

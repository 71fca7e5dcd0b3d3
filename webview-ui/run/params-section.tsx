import { NameValueTable } from '../components/name-value-table.tsx';
import { Section } from '../components/section.tsx';

/** The params of a run, in the order in which they were logged. */
export function ParamsSection({ params }: { params: Record<string, string> }) {
  const entries = Object.entries(params);
  return (
    <Section title="Params">
      {entries.length === 0 ? <p class="empty">None.</p> : <NameValueTable caption="Params" entries={entries} />}
    </Section>
  );
}

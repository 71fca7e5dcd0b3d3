import { Fold } from '../components/fold.tsx';
import { NameValueTable } from '../components/name-value-table.tsx';
import { Section } from '../components/section.tsx';
import { isInternalTag, tagText } from '../values/tags.ts';

/** The tags of people and of this product; MLflow's own are there on request. */
export function TagsSection({ tags }: { tags: Record<string, string> }) {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = sorted.map(([name, text]) => [name, tagText(name, text)] as const);
  const internal = entries.filter(([name]) => isInternalTag(name));
  const own = entries.filter(([name]) => !isInternalTag(name));
  return (
    <Section title="Tags">
      {own.length === 0 ? <p class="empty">None.</p> : <NameValueTable caption="Tags" entries={own} />}
      {internal.length > 0 && (
        <Fold summary={`Tags that MLflow keeps for itself (${internal.length})`}>
          <NameValueTable caption="Tags that MLflow keeps for itself" entries={internal} />
        </Fold>
      )}
    </Section>
  );
}

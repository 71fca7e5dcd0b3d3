import { useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { Section } from '../components/section.tsx';
import { tellHost } from '../host/connection.ts';

const SHOWN_AT_FIRST = 50;

/** The run's files; each opens in an editor, if it is a text. */
export function ArtifactsSection({ artifacts, trouble }: { artifacts: string[]; trouble: string | null }) {
  const [all, setAll] = useState(false);
  const shown = all ? artifacts : artifacts.slice(0, SHOWN_AT_FIRST);
  return (
    <Section title="Artifacts">
      {trouble !== null && <p class="empty">{trouble}</p>}
      {artifacts.length === 0 && trouble === null && <p class="empty">None.</p>}
      <ul class="artifacts">
        {shown.map((path) => (
          <li key={path}>
            <Artifact path={path} />
          </li>
        ))}
      </ul>
      {artifacts.length > SHOWN_AT_FIRST && (
        <button type="button" class="link more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `Show the first ${SHOWN_AT_FIRST} only` : `Show all ${artifacts.length} files`}
        </button>
      )}
    </Section>
  );
}

function Artifact({ path }: { path: string }) {
  const cut = path.lastIndexOf('/') + 1;
  return (
    <button
      type="button"
      class="artifact"
      title={`Open ${path}`}
      onClick={() => tellHost({ type: 'openArtifact', path })}
    >
      <Icon name={iconOf(path)} />
      <span>
        <span class="muted">{path.slice(0, cut)}</span>
        {path.slice(cut)}
      </span>
    </button>
  );
}

function iconOf(path: string): string {
  if (/\.json$/i.test(path)) return 'json';
  if (/\.(ya?ml|txt|md|csv|log)$|(^|\/)MLmodel$/i.test(path)) return 'file-text';
  if (/\.(py|sh)$/i.test(path)) return 'file-code';
  return 'file-binary';
}

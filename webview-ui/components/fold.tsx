import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

/** Something that is shown on request; the browser's own element, so that every reader knows what it is. */
export function Fold({ summary, children }: { summary: string; children: ComponentChildren }) {
  return (
    <details class="fold">
      <summary>
        <Icon name="chevron-right" />
        {summary}
      </summary>
      {children}
    </details>
  );
}

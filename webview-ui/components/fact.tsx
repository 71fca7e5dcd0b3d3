import type { ComponentChildren } from 'preact';

/** One fact of a page's head, in a list of class "facts". */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

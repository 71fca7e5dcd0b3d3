import type { ComponentChildren } from 'preact';

interface ScrollProps {
  /** What is inside. */
  label: string;
  /** Whether it also scrolls upright. */
  height?: 'limited' | 'legend' | 'page' | 'preview';
  children: ComponentChildren;
}

/** A place for what may be wider than the page. The keyboard reaches it, because arrow keys scroll what has the focus. */
export function Scroll({ label, height, children }: ScrollProps) {
  const reachable = { role: 'group' as const, 'aria-label': label, tabIndex: 0 };
  return (
    <div class={`scroll ${height === undefined ? '' : `scroll-${height}`}`} {...reachable}>
      {children}
    </div>
  );
}

import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

interface BannerProps {
  kind: 'error' | 'progress';
  title: string;
  children?: ComponentChildren;
}

/** A sentence across the page that comes before everything else. */
export function Banner({ kind, title, children }: BannerProps) {
  return (
    <div class={`banner banner-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <Icon name={kind === 'error' ? 'error' : 'loading'} />
      <div>
        <strong>{title}</strong>
        {children}
      </div>
    </div>
  );
}

import type { HTMLAttributes } from 'preact';

// What JSX has to know about the custom elements of @vscode-elements/elements that the pages use, and about style sheets.

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'vscode-badge': HTMLAttributes<HTMLElement> & { variant?: 'default' | 'counter' };
      'vscode-button': HTMLAttributes<HTMLElement> & { secondary?: boolean; disabled?: boolean };
      'vscode-checkbox': HTMLAttributes<HTMLElement> & { checked?: boolean; label?: string };
    }
  }
}

import { useState } from 'preact/hooks';
import { keepViewState, readViewState } from '../host/connection.ts';
import { hasShape, isListOf, isText } from '../host/shape.ts';
import type { Order } from './order.ts';

/** How the runs are looked at; it outlives the page, which the editor throws away while its tab is hidden. */
export interface ViewState {
  /** Ids of runs that are left out of table and charts for now. */
  hidden: string[];
  order: Order | null;
}

const AS_CHOSEN: ViewState = { hidden: [], order: null };

/** The view state, and what changes parts of it. */
export function useViewState(): [ViewState, (change: Partial<ViewState>) => void] {
  const [view, setView] = useState(() => parseViewState(readViewState()));
  const change = (part: Partial<ViewState>) => {
    const changed = { ...view, ...part };
    setView(changed);
    keepViewState(changed);
  };
  return [view, change];
}

function parseViewState(kept: unknown): ViewState {
  const isOrder = (order: unknown) =>
    order === null || hasShape(order, { key: isText, turned: (turned) => typeof turned === 'boolean' });
  return hasShape(kept, { hidden: isListOf(isText), order: isOrder }) ? (kept as unknown as ViewState) : AS_CHOSEN;
}

import { type Doubtful, formatNumber, isKnown, NO_VALUE } from '../values/numbers.ts';

/** A dash for the eye, words for a screen reader. */
export function NoValue() {
  return (
    <span class="no-value">
      <span aria-hidden="true">{NO_VALUE}</span>
      <span class="hidden-text">no value</span>
    </span>
  );
}

/** A number as the page shows it, with all its digits on hover. */
export function NumberValue({ value }: { value: Doubtful }) {
  return isKnown(value) ? <span title={String(value)}>{formatNumber(value)}</span> : <NoValue />;
}

import { formatInstant, isoInstant } from '../values/instants.ts';
import { type Doubtful, isKnown } from '../values/numbers.ts';
import { NoValue } from './value.tsx';

/** A point in time for people, with the exact one for machines. @param at ms since 1970 */
export function Instant({ at }: { at: Doubtful }) {
  return isKnown(at) ? <time dateTime={isoInstant(at)}>{formatInstant(at)}</time> : <NoValue />;
}

/** A piece from outside that this machine cannot have; the message says in one sentence what to install. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

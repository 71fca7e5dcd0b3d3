import { Fragment } from 'preact';

/** A name in snake_case or with dots, which breaks between its words where a column is narrow. */
export function BreakableName({ name }: { name: string }) {
  const words = name.split(/(?<=[_./:-])(?=[^_./:-])/);
  return words.map((word, at) => (
    <Fragment key={at}>
      {at > 0 && <wbr />}
      {word}
    </Fragment>
  ));
}

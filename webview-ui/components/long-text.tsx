import { useState } from 'preact/hooks';

/** Longer than this is cut: params and tags may hold thousands of characters. */
const SHOWN_CHARACTERS = 300;

/** Text from outside with its line ends; what is too long for a page is shown whole on request. */
export function LongText({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  if (text.length <= SHOWN_CHARACTERS) return <span class="long-text">{text}</span>;
  return (
    <span class="long-text">
      {whole ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`}{' '}
      <button type="button" class="link" aria-expanded={whole} onClick={() => setWhole(!whole)}>
        {whole ? 'Show less' : `Show all ${text.length.toLocaleString()} characters`}
      </button>
    </span>
  );
}

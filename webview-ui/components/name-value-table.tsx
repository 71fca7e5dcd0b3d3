import { BreakableName } from './breakable-name.tsx';
import { LongText } from './long-text.tsx';

interface NameValueTableProps {
  caption: string;
  entries: readonly (readonly [name: string, value: string])[];
}

/** Params or tags: names with their text, in columns as the page's width allows. */
export function NameValueTable({ caption, entries }: NameValueTableProps) {
  return (
    <table class="name-values">
      <caption class="hidden-text">{caption}</caption>
      <colgroup>
        <col />
        <col />
      </colgroup>
      <thead class="hidden-text">
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">
              <BreakableName name={name} />
            </th>
            <td>
              <LongText text={value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

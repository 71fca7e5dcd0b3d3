import { useId } from 'preact/hooks';

interface SelectProps {
  label: string;
  options: readonly string[];
  value: string;
  onChange(value: string): void;
}

/** A list to choose from, in the editor's colours. */
export function Select({ label, options, value, onChange }: SelectProps) {
  const id = useId();
  return (
    <span class="select">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {option.length > 60 ? `${option.slice(0, 60)}…` : option}
          </option>
        ))}
      </select>
    </span>
  );
}

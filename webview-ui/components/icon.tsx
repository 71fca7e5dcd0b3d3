/** One of VS Code's codicons, for the eye only: the text beside it says the same. */
export function Icon({ name }: { name: string }) {
  return <span class={`codicon codicon-${name}`} aria-hidden="true" />;
}

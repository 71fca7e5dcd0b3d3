/** Whether a key or path holds characters that stand for others. */
export function hasPattern(text: string): boolean {
  return /[*?[{]/.test(text);
}

/** The part before the first character that stands for others. */
export function fixedBeginning(pattern: string): string {
  return pattern.slice(0, pattern.search(/[*?[{]/));
}

const TOKENS = /\*\*\/|\*\*|\*|\?|\[[^\]]*\]|\{[^}]*\}|[^*?[{]+|[[{]/g;

/** The keys that a glob names: `*` and `?` stay within a part, `**` does not, `[abc]` and `{a,b}` choose. */
export function keyPattern(glob: string): RegExp {
  const parts = (glob.match(TOKENS) ?? []).map((token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (/^\[.+\]$/.test(token)) return token.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    if (/^\{.*\}$/.test(token)) return `(?:${token.slice(1, -1).split(',').map(plain).join('|')})`;
    return plain(token);
  });
  return new RegExp(`^${parts.join('')}$`);
}

function plain(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

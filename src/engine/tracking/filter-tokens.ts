/** A piece of a filter. `column` is where it starts, 1-based. */
export interface Token {
  kind: 'word' | 'string' | 'number' | 'operator' | 'symbol' | 'end';
  /** As written; of strings, what stands between the quotes. */
  text: string;
  column: number;
  /** Where the text goes on behind it, 0-based. */
  end: number;
  /** Of a name: the entity before the first dot and the key behind it, without quotes. */
  parts: string[];
  /** Whether a part of the name stands in quotes or backticks. */
  quoted: boolean;
}

const SPACE = /\s*/uy;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.])/uy;
const OPERATOR = /!=|<>|>=|<=|==|=|>|</uy;
const SYMBOL = /[(),]/uy;
const PLAIN = /[\p{L}_][\p{L}\p{N}_.]*/uy;
const QUOTED = /`[^`]*`|"[^"]*"/uy;
const TEXT = /'(?:''|[^'])*'/uy;
const VALUE = /'(?:''|[^'])*'|"[^"]*"/uy;

/** Builds the error to throw for a place in the text. */
type Complain = (column: number, message: string) => Error;

/** Cuts a filter into tokens; the last one is of kind `end`. */
export function tokenize(text: string, complain: Complain): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  for (;;) {
    position += match(SPACE, text, position)!.length;
    const token = tokenAt(text, position, tokens.at(-1), complain);
    tokens.push(token);
    if (token.kind === 'end') return tokens;
    position = token.end;
  }
}

function tokenAt(text: string, position: number, before: Token | undefined, complain: Complain): Token {
  if (position >= text.length) return make('end', '', position, 0);
  const number = match(NUMBER, text, position);
  if (number) return make('number', number, position, number.length);
  const symbol = match(SYMBOL, text, position);
  if (symbol) return make('symbol', symbol, position, symbol.length);
  const operator = match(OPERATOR, text, position);
  if (operator) return operatorToken(operator, position, complain);
  const string = match(expectsValue(before) ? VALUE : TEXT, text, position);
  if (string) return make('string', unquote(string), position, string.length);
  return nameAt(text, position, complain);
}

/** A text in double quotes is a value behind a comparison and a name elsewhere. */
function expectsValue(before: Token | undefined): boolean {
  if (before === undefined) return false;
  if (before.kind === 'operator') return true;
  return before.kind === 'symbol' ? before.text !== ')' : before.kind === 'word' && /^(i?like)$/i.test(before.text);
}

function operatorToken(text: string, position: number, complain: Complain): Token {
  if (text === '==') throw complain(position + 1, 'expected "=", found "==".');
  if (text === '<>') throw complain(position + 1, 'expected "!=", found "<>".');
  return make('operator', text, position, text.length);
}

/** `metrics.accuracy`, `tags.mlflow.source.name`, ``params.`learning rate` ``, `run_name`. */
function nameAt(text: string, position: number, complain: Complain): Token {
  const head = match(QUOTED, text, position) ?? match(PLAIN, text, position);
  if (head === undefined) throw complain(position + 1, unreadable(text, position));
  let end = position + head.length;
  if (isQuoted(head) && text[end] === '.') end++;
  if (text[end - 1] !== '.') return name(text.slice(position, end), position, splitName(head), isQuoted(head));
  const tail = match(QUOTED, text, end) ?? match(PLAIN, text, end);
  if (tail === undefined) throw complain(end + 1, 'expected a name behind the dot.');
  const parts = [bare(head).replace(/\.$/, ''), bare(tail)];
  return name(text.slice(position, end + tail.length), position, parts, true);
}

function name(text: string, position: number, parts: string[], quoted: boolean): Token {
  return { ...make('word', text, position, text.length), parts, quoted };
}

function splitName(name: string): string[] {
  if (isQuoted(name)) return [bare(name)];
  const dot = name.indexOf('.');
  return dot < 0 ? [name] : [name.slice(0, dot), name.slice(dot + 1)];
}

function unreadable(text: string, position: number): string {
  const character = text[position]!;
  if (/['"`]/.test(character)) return `the quote ${character} is not closed.`;
  return `"${character}" cannot be read here; names with such characters stand in backticks.`;
}

function isQuoted(text: string): boolean {
  return /^[`"]/.test(text);
}

function bare(text: string): string {
  return isQuoted(text) ? text.slice(1, -1) : text;
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith("'") ? inner.replaceAll("''", "'") : inner;
}

function make(kind: Token['kind'], text: string, position: number, length: number): Token {
  return { kind, text, column: position + 1, end: position + length, parts: [], quoted: false };
}

function match(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}

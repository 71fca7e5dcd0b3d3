import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';
import { type Token, tokenize } from './filter-tokens.ts';

/** What a condition or an order is about. */
export type Entity = 'metric' | 'param' | 'tag' | 'attribute' | 'dataset';

export type Operator =
  | '='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'LIKE'
  | 'ILIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL';

/** One condition of a filter; all of them hold together. */
export interface Condition {
  entity: Entity;
  key: string;
  operator: Operator;
  /** A number for metrics and times, a list for IN, null for IS NULL. */
  value: string | number | string[] | null;
}

export interface OrderTerm {
  entity: Exclude<Entity, 'dataset'>;
  key: string;
  descending: boolean;
}

const ENTITIES: Record<string, Entity> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
};

const ATTRIBUTES = ['run_id', 'run_name', 'status', 'start_time', 'end_time', 'user_id', 'artifact_uri'];
const TIMES = ['start_time', 'end_time'];
const DATASET_KEYS = ['name', 'digest', 'context'];

/** The names that MLflow's UI gives to attributes. */
const ATTRIBUTE_ALIASES: Record<string, string> = {
  created: 'start_time',
  Created: 'start_time',
  'run name': 'run_name',
  'Run name': 'run_name',
  'Run Name': 'run_name',
};

const COMPARISONS: Operator[] = ['=', '!=', '>', '>=', '<', '<='];
const TEXT_OPERATORS: Operator[] = ['=', '!=', 'LIKE', 'ILIKE'];

/**
 * Reads MLflow's filter syntax: conditions such as `metrics.accuracy > 0.9`, joined by `and`. A doubled quote inside a text in
 * single quotes stands for one quote.
 * @throws EngineError `usage` that names the column and what was expected there
 */
export function parseFilter(text: string): Condition[] {
  const parser = new FilterParser('filter', text);
  return parser.atEnd() ? [] : parser.conditions();
}

/**
 * Reads one order: `metrics.accuracy DESC`, ascending unless told.
 * @throws EngineError `usage`
 */
export function parseOrder(text: string): OrderTerm {
  return new FilterParser('order', text).order();
}

class FilterParser {
  readonly #what: string;
  readonly #text: string;
  readonly #tokens: Token[];
  #next = 0;

  constructor(what: string, text: string) {
    this.#what = what;
    this.#text = text;
    this.#tokens = tokenize(text, (column, message) => this.#error(column, message));
  }

  atEnd(): boolean {
    return this.#peek().kind === 'end';
  }

  conditions(): Condition[] {
    const all = [this.#condition()];
    while (!this.atEnd()) {
      this.#and();
      all.push(this.#condition());
    }
    return all;
  }

  order(): OrderTerm {
    const token = this.#peek();
    const { entity, key } = this.#identifier();
    if (entity === 'dataset') throw this.#error(token.column, 'runs cannot be ordered by a dataset.');
    const direction = this.#word('ASC') ?? this.#word('DESC');
    if (!this.atEnd()) throw this.#unexpected('ASC, DESC or the end');
    return { entity, key, descending: direction === 'DESC' };
  }

  #and(): void {
    if (this.#word('AND')) return;
    if (/^or$/i.test(this.#peek().text)) throw this.#error(this.#peek().column, 'MLflow knows only "and", not "or".');
    throw this.#unexpected('"and" or the end');
  }

  #condition(): Condition {
    const { entity, key } = this.#identifier();
    const start = this.#peek();
    const operator = this.#operator();
    const allowed = operatorsOf(entity, key);
    if (!allowed.includes(operator)) {
      throw this.#error(
        start.column,
        `${operator} does not go with ${nameOf(entity, key)}: use ${allowed.join(', ')}.`,
      );
    }
    return { entity, key, operator, value: this.#value(entity, key, operator) };
  }

  #identifier(): { entity: Entity; key: string } {
    const token = this.#take('word', 'a name such as metrics.accuracy');
    const { parts } = token;
    if (parts.length === 1) return { entity: 'attribute', key: this.#attribute(token, parts[0]!) };
    const entity = ENTITIES[parts[0]!];
    if (entity === undefined) {
      const hint = nearestName(parts[0]!, ['metrics', 'params', 'tags', 'attributes', 'datasets']);
      const meant = hint === undefined ? '' : ` (did you mean "${hint}"?)`;
      throw this.#error(
        token.column,
        `expected metrics, params, tags, attributes or datasets, found "${parts[0]}"${meant}.`,
      );
    }
    const key = parts[1]!;
    if (entity === 'attribute') return { entity, key: this.#attribute(token, key) };
    if (entity === 'dataset' && !DATASET_KEYS.includes(key)) {
      throw this.#error(token.column, `datasets have name, digest and context, not "${key}".`);
    }
    return { entity, key };
  }

  #attribute(token: Token, name: string): string {
    const key = ATTRIBUTE_ALIASES[name] ?? name;
    if (ATTRIBUTES.includes(key)) return key;
    throw this.#error(token.column, `"${name}" is no attribute of runs: expected ${ATTRIBUTES.join(', ')}.`);
  }

  #operator(): Operator {
    if (this.#peek().kind === 'operator') return this.#tokens[this.#next++]!.text as Operator;
    const simple = this.#word('LIKE') ?? this.#word('ILIKE') ?? this.#word('IN');
    if (simple) return simple as Operator;
    if (this.#word('NOT')) return this.#then('IN', 'NOT IN');
    if (this.#word('IS')) return this.#word('NOT') ? this.#then('NULL', 'IS NOT NULL') : this.#then('NULL', 'IS NULL');
    throw this.#unexpected('a comparison such as =, >, LIKE or IS NULL');
  }

  #then(word: string, operator: Operator): Operator {
    if (this.#word(word)) return operator;
    throw this.#unexpected(word);
  }

  #value(entity: Entity, key: string, operator: Operator): Condition['value'] {
    if (operator === 'IS NULL' || operator === 'IS NOT NULL') return null;
    if (operator === 'IN' || operator === 'NOT IN') return this.#list();
    if (isNumeric(entity, key)) return Number(this.#take('number', 'a number').text);
    return this.#take('string', 'a text in quotes').text;
  }

  #list(): string[] {
    this.#symbol('(', '"(" before the list');
    const values: string[] = [];
    do values.push(this.#take('string', 'a text in quotes').text);
    while (this.#accept(',') && this.#peek().text !== ')');
    this.#symbol(')', '"," or ")" in the list');
    return values;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  /** Keywords are read in any case; `name` in quotes is never a keyword. */
  #word(keyword: string): string | undefined {
    const token = this.#peek();
    if (token.kind !== 'word' || token.quoted || token.text.toUpperCase() !== keyword) return undefined;
    this.#next++;
    return keyword;
  }

  #accept(symbol: string): boolean {
    const found = this.#peek().kind === 'symbol' && this.#peek().text === symbol;
    if (found) this.#next++;
    return found;
  }

  #symbol(symbol: string, expected: string): void {
    if (!this.#accept(symbol)) throw this.#unexpected(expected);
  }

  #take(kind: Token['kind'], expected: string): Token {
    if (this.#peek().kind !== kind) throw this.#unexpected(expected);
    return this.#tokens[this.#next++]!;
  }

  #unexpected(expected: string): EngineError {
    const token = this.#peek();
    const found = token.kind === 'end' ? 'the end' : `"${token.text}"`;
    return this.#error(token.column, `expected ${expected}, found ${found}.`);
  }

  #error(column: number, message: string): EngineError {
    return new EngineError('usage', `In the ${this.#what} "${this.#text}", column ${column}: ${message}`, {
      column,
      fix: "Write it like: metrics.accuracy > 0.9 and tags.team = 'ops'. Names with other characters stand in `backticks`.",
    });
  }
}

function isNumeric(entity: Entity, key: string): boolean {
  return entity === 'metric' || (entity === 'attribute' && TIMES.includes(key));
}

/** MLflow takes lists for run ids and datasets only. */
function operatorsOf(entity: Entity, key: string): Operator[] {
  if (isNumeric(entity, key)) return COMPARISONS;
  if (entity === 'dataset' || key === 'run_id') return [...TEXT_OPERATORS, 'IN', 'NOT IN'];
  return entity === 'attribute' ? TEXT_OPERATORS : [...TEXT_OPERATORS, 'IS NULL', 'IS NOT NULL'];
}

function nameOf(entity: Entity, key: string): string {
  return `${entity}s.${key}`;
}

// Writes docs/configuration.md from schemas/config.schema.json, the one description of config.yaml. A test compares the two.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import schema from '../schemas/config.schema.json' with { type: 'json' };
import { HYPERPARAMETERS, type Hyperparameter, type Range } from '../src/engine/learners/hyperparameter-table.ts';
import { projectRoot } from './cache.ts';

interface Property {
  type?: string | string[];
  enum?: unknown[];
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  properties?: Record<string, Property>;
  items?: Property;
  propertyNames?: { enum?: unknown[] };
}

const INTRODUCTION = `# config.yaml

This page is made from [schemas/config.schema.json](../schemas/config.schema.json), which also checks the file on the
command line and in the editor, and completes it there.

Values may be \`\${NAME}\` or \`\${NAME:-default}\`. What beats what, the strongest first: \`--set section.key=value\`; the
environment (\`GNU_MLOPS__SECTION__KEY\`, and the standard variables of MLflow and Databricks); \`env_file\`; the file.
Relative paths are relative to the file. Keys marked "later" are accepted; what they are for is not there yet.
`;

const GATES = `
A gate is a number, the least value that passes, or bounds on either side. A metric that is not a number never passes.

\`\`\`yaml
deployment:
  gates:
    staging: { accuracy: 0.70 }
    production: { accuracy: 0.80, recall: 0.85, log_loss: { max: 0.4 }, roc_auc: { min: 0.9, max: 0.999 } }
\`\`\`
`;

/** The page's whole text. */
export function configurationPage(): string {
  const sections = Object.entries(schema.properties as Record<string, Property>);
  return `${INTRODUCTION}\n${sections.map(([name, property]) => section(name, property)).join('\n')}`;
}

function section(name: string, property: Property): string {
  const members = property.items?.properties ?? property.properties ?? {};
  const rows = Object.entries(members).flatMap(([key, member]) => tableRows(key, member));
  const table =
    rows.length === 0 ? '' : `\n| key | values | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  const own = rows.length > 0 ? '' : ` Values: ${values(property)}. Default: ${code(property.default)}.`;
  return `## ${name}\n\n${property.description}${own}\n${table}${EXPLANATIONS[name]?.() ?? ''}`;
}

/** What a table cannot say about a section. */
const EXPLANATIONS: Record<string, () => string> = {
  deployment: () => GATES,
  model: () => Object.entries(HYPERPARAMETERS).map(hyperparameterTable).join(''),
};

function hyperparameterTable([algorithm, parameters]: [string, readonly Hyperparameter[]]): string {
  const rows = parameters.map(({ name, alias, range, meaning, ...parameter }) => {
    const names = [name, ...(alias === undefined ? [] : [alias])].map(code).join(' or ');
    const allowed = range.map(rangeText).join('; ');
    return `| ${names} | ${allowed} | ${code(parameter.default)} | ${escaped(meaning)} |`;
  });
  const head = '| hyper-parameter | values | default | meaning |\n| --- | --- | --- | --- |';
  return `\n### ${code(algorithm)}\n\n${head}\n${rows.join('\n')}\n`;
}

function rangeText(range: Range): string {
  if (range.kind === 'word') return code(range.word);
  if (range.kind === 'null') return code(null);
  if (range.kind === 'boolean') return 'boolean';
  const { kind, min, max } = range;
  const bounds = kind === 'above' ? { exclusiveMinimum: min } : { minimum: min };
  return `${kind === 'integer' ? 'integer' : 'number'}${limits({ ...bounds, ...(max === undefined ? {} : { maximum: max }) })}`;
}

function tableRows(key: string, property: Property): string[] {
  const members = Object.entries(property.properties ?? {});
  if (members.length > 0) return members.flatMap(([name, member]) => tableRows(`${key}.${name}`, member));
  return [`| \`${key}\` | ${values(property)} | ${code(property.default)} | ${escaped(property.description ?? '')} |`];
}

function values({ type, enum: allowed, items, propertyNames, ...bounds }: Property): string {
  if (allowed) return allowed.map(code).join(', ');
  if (propertyNames?.enum) return `a gate for each of ${propertyNames.enum.map(code).join(', ')}`;
  const kind = [type ?? 'any'].flat().join(' or ');
  const of = items?.enum ? ` of ${items.enum.map(code).join(', ')}` : '';
  return `${kind}${of}${limits(bounds)}`;
}

function limits({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Property): string {
  const parts = [
    minimum !== undefined && `at least ${minimum}`,
    exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    maximum !== undefined && `at most ${maximum}`,
    exclusiveMaximum !== undefined && `below ${exclusiveMaximum}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? `, ${parts.join(', ')}` : '';
}

function code(value: unknown): string {
  return value === undefined ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(path.join(projectRoot, 'docs/configuration.md'), configurationPage());
}

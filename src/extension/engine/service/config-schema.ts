import type { ConfigPath } from '../../../engine/config/config.ts';
import { type ConfigSchema, configSchema } from '../../../engine/config/schema.ts';
import { HYPERPARAMETERS, type Hyperparameter } from '../../../engine/learners/hyperparameter-table.ts';
import { rangeText } from '../../../engine/learners/hyperparameters.ts';
import type { Algorithm } from '../../../engine/learners/learner.ts';

/** What draft-07 says beyond the part that the validator's messages need. */
export interface SchemaNode extends ConfigSchema {
  $ref?: string;
  definitions?: Record<string, SchemaNode>;
  anyOf?: SchemaNode[];
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

const root = configSchema as SchemaNode;

/** The part of the schema that describes the value at a path; undefined where nothing may stand. */
export function schemaAt(path: ConfigPath, algorithm: string): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const [depth, key] of path.entries()) {
    const isHyperparameter = depth === 2 && path[0] === 'model' && path[1] === 'hyperparameters';
    node = isHyperparameter ? hyperparameterSchema(String(key), algorithm) : child(node, key);
    if (node === undefined) return undefined;
  }
  return node;
}

/** Keys that a section may hold, with what stands behind each. */
export function keysOf(path: ConfigPath, algorithm: string): Record<string, SchemaNode> {
  if (path.length === 2 && path[0] === 'model' && path[1] === 'hyperparameters') {
    const names = hyperparametersOf(algorithm).map(({ name }) => name);
    return Object.fromEntries(names.map((name) => [name, hyperparameterSchema(name, algorithm)!]));
  }
  const node = schemaAt(path, algorithm);
  if (node === undefined) return {};
  const properties = objectOf(node)?.properties;
  if (properties) return properties;
  const names = (node.propertyNames?.enum ?? []) as string[];
  return Object.fromEntries(names.map((name) => [name, child(node, name)!]));
}

/** "number, default 0.2" */
export function summaryOf(node: SchemaNode): string {
  const type = node.enum ? 'one of a list' : (typeText(node) ?? '');
  const fallback = node.default === undefined || typeof node.default === 'object' ? '' : `default ${node.default}`;
  return [type, fallback].filter((part) => part !== '').join(', ');
}

/** What the schema says about a key, in Markdown. */
export function markdownOf(path: string, node: SchemaNode): string {
  const lines = [`**${path}**`, ''];
  if (node.description) lines.push(escapeMarkdown(node.description), '');
  const range = rangeOf(node);
  if (node.enum) lines.push(`Allowed: ${node.enum.map((value) => `\`${value}\``).join(', ')}`, '');
  else if (typeText(node)) lines.push(`Type: ${typeText(node)}${range === '' ? '' : `, ${range}`}`, '');
  if (node.default !== undefined) lines.push(`Default: \`${JSON.stringify(node.default)}\``);
  return lines.join('\n').trimEnd();
}

/** Whether the value is a section of keys. */
export function isSection(node: SchemaNode): boolean {
  return node.type === 'object';
}

function child(node: SchemaNode | undefined, key: string | number): SchemaNode | undefined {
  if (node === undefined) return undefined;
  if (typeof key === 'number') return resolved(node.items);
  const holder = objectOf(node) ?? node;
  const known = holder.properties?.[key];
  if (known) return resolved(known);
  const names = node.propertyNames?.enum;
  const isAllowed = names === undefined || names.includes(key);
  const others = holder.additionalProperties;
  return isAllowed && typeof others === 'object' ? resolved(others as SchemaNode) : undefined;
}

/** The alternative of the node that has keys. */
function objectOf(node: SchemaNode): SchemaNode | undefined {
  if (node.properties) return node;
  return node.anyOf?.map(resolved).find((alternative) => alternative?.properties);
}

function resolved(node: SchemaNode | undefined): SchemaNode | undefined {
  const name = node?.$ref?.split('/').at(-1);
  return name === undefined ? node : root.definitions?.[name];
}

function typeText(node: SchemaNode): string | undefined {
  if (node.anyOf) return node.anyOf.flatMap((alternative) => typeText(alternative) ?? []).join(' or ');
  if (node.type === undefined) return undefined;
  const names = [node.type].flat().map((type) => (type === 'object' ? 'section' : type === 'array' ? 'list' : type));
  return names.join(' or ');
}

function rangeOf(node: SchemaNode): string {
  const parts = [
    node.exclusiveMinimum === undefined ? [] : `above ${node.exclusiveMinimum}`,
    node.minimum === undefined ? [] : `at least ${node.minimum}`,
    node.exclusiveMaximum === undefined ? [] : `below ${node.exclusiveMaximum}`,
    node.maximum === undefined ? [] : `at most ${node.maximum}`,
  ];
  return parts.flat().join(', ');
}

function hyperparametersOf(algorithm: string): readonly Hyperparameter[] {
  return HYPERPARAMETERS[algorithm as Algorithm] ?? [];
}

function hyperparameterSchema(name: string, algorithm: string): SchemaNode | undefined {
  const found = hyperparametersOf(algorithm).find((known) => known.name === name || known.alias === name);
  if (found === undefined) return undefined;
  const words = found.range.flatMap((range) => (range.kind === 'word' ? [range.word] : []));
  const isBoolean = found.range.some(({ kind }) => kind === 'boolean');
  return {
    description: `${found.meaning} For ${algorithm}: ${rangeText(found)}.`,
    default: found.default,
    ...(isBoolean ? { type: 'boolean' } : {}),
    ...(words.length > 0 ? { enum: [...words, ...(found.default === null ? [null] : [])] } : {}),
  };
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|]/g, '\\$&');
}

import type { OnnxModel, OnnxNode } from '../../../src/engine/model/onnx-model.ts';

type Change = (graph: OnnxModel) => void;

/** Changes to a graph of two classes after which it must be refused, and what is said then. */
export const ALTERED_GRAPHS: [name: string, change: Change, message: RegExp][] = [
  ['more outputs than leaves', (graph) => put(trees(graph), 'n_targets', 2 ** 40), /has 1099511627776 outputs/],
  ['no output', (graph) => put(trees(graph), 'n_targets', 0), /has 0 outputs/],
  ['a child before its parent', (graph) => putFirst(graph, 'nodes_truenodeids', 0), /points outside its tree/],
  ['a child in another tree', (graph) => putFirst(graph, 'nodes_truenodeids', 5000), /points outside its tree/],
  ['a leaf of another output', (graph) => putFirst(graph, 'target_ids', 7), /values too many|does not exist/],
  ['a value of no leaf', (graph) => putFirst(graph, 'target_nodeids', 0), /belongs to no leaf/],
  ['a list cut short', (graph) => put(trees(graph), 'nodes_values', [1]), /unequal length/],
  ['a feature that is not there', (graph) => putFirst(graph, 'nodes_featureids', 99), /does not compute/],
  ['no features to impute', (graph) => put(nodeOf(graph, 'Imputer'), 'imputed_value_floats', []), /a step knows 0/],
  ['a step without input', (graph) => trees(graph).inputs.pop(), /does not compute/],
  ['a value nobody computes', (graph) => trees(graph).inputs.splice(0, 1, 'nowhere'), /never computes "nowhere"/],
  [
    'no class',
    (graph) => graph.constants.splice(graph.constants.indexOf(classes(graph)), 1),
    /names no|never computes/,
  ],
  ['a class less', (graph) => (classes(graph).values as string[]).pop(), /gives .*; expected/],
  ['an output less', (graph) => graph.outputs.pop(), /gives .*; expected/],
  ['a base value that is no number', (graph) => put(trees(graph), 'base_values', [Number.NaN]), /does not compute/],
];

function nodeOf(graph: OnnxModel, operator: string): OnnxNode {
  return graph.nodes.find((node) => node.operator === operator)!;
}

function trees(graph: OnnxModel): OnnxNode {
  return nodeOf(graph, 'TreeEnsembleRegressor');
}

function classes(graph: OnnxModel) {
  return graph.constants.find(({ name }) => name.endsWith('::classes'))!;
}

function put(node: OnnxNode, attribute: string, value: number | number[]): void {
  Object.assign(node.attributes[attribute]!, { value });
}

function putFirst(graph: OnnxModel, attribute: string, value: number): void {
  const list = Array.from(trees(graph).attributes[attribute]!.value as ArrayLike<number>);
  put(trees(graph), attribute, [value, ...list.slice(1)]);
}

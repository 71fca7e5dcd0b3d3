import type { ColumnType } from '../data/table.ts';
import type { ClassLabel } from '../data/target.ts';
import type { TreeEnsemble } from '../learners/learner.ts';
import { type FeatureTransform, UNKNOWN_CODE } from '../preprocessing/feature-transform.ts';
import { EngineError } from '../support/errors.ts';
import type { ElementType, OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './onnx-model.ts';
import type { Pipeline } from './pipeline.ts';
import { outputNames } from './signature.ts';

/** Values inside the graph; no feature may be called so. */
const INTERNAL = 'gnu_mlops::';
const AXIS_1 = `${INTERNAL}axis_1`;
const ONE = `${INTERNAL}one`;
/** Least and greatest probability. */
const LIMITS = [`${INTERNAL}least`, `${INTERNAL}greatest`] as const;
/** The constant that holds the class labels, in index order. */
export const CLASSES = `${INTERNAL}classes`;
const FEATURES = `${INTERNAL}features`;
const RAW = `${INTERNAL}raw`;
const PROBABILITIES = `${INTERNAL}probabilities`;

/** Type of the graph's input for a column. */
export const INPUT_TYPES: Record<ColumnType, ElementType> = {
  long: 'int64',
  // Not int64: booleans may have gaps, and NaN stands for those.
  boolean: 'float',
  double: 'float',
  string: 'string',
};

/**
 * The whole pipeline as one ONNX graph: impute, encode, scale, trees, class. One input of shape [N] per feature;
 * outputs `prediction` [N], `probability` [N] (of the positive class, or of the predicted one with more than two) and
 * `probability_<class>` [N], because MLflow's wrapper cannot pass matrices on.
 */
export function buildGraph(pipeline: Pipeline): OnnxModel {
  const { features, classes, ensemble } = pipeline;
  requireFreeNames(features.map(({ name }) => name));
  const names = outputNames(
    classes,
    features.map(({ name }) => name),
  );
  const binary = classes.length === 2;
  return {
    producer: 'gnu-mlops',
    producerVersion: '1',
    inputs: features.map((feature) => vector(feature.name, INPUT_TYPES[feature.type])),
    outputs: [
      vector(names.prediction, labelTensor(classes, pipeline.targetType).type),
      ...[names.probability, ...names.byClass].map((name) => vector(name, 'float')),
    ],
    constants: [
      { name: AXIS_1, type: 'int64', dims: [1], values: [1] },
      { name: ONE, type: 'float', dims: [1], values: [1] },
      ...LIMITS.map((name, value) => ({ name, type: 'float' as const, dims: [], values: [value] })),
      labelTensor(classes, pipeline.targetType),
      ...classes.map((_, label) => ({ name: classIndex(label), type: 'int64' as const, dims: [], values: [label] })),
    ],
    nodes: [
      ...features.flatMap(featureNodes),
      ...matrixNodes(features),
      treeNode(ensemble),
      ...(binary ? binaryLink(ensemble.link) : multiclassLink(ensemble.link)),
      node('ArgMax', [PROBABILITIES], [`${INTERNAL}best`], { axis: int(1), keepdims: int(0) }),
      node('Gather', [CLASSES, `${INTERNAL}best`], [names.prediction], { axis: int(0) }),
      ...names.byClass.map((name, label) =>
        node('Gather', [PROBABILITIES, classIndex(label)], [name], { axis: int(1) }),
      ),
      binary
        ? node('Gather', [PROBABILITIES, classIndex(1)], [names.probability], { axis: int(1) })
        : node('ReduceMax', [PROBABILITIES], [names.probability], { axes: ints([1]), keepdims: int(0) }),
    ],
    metadata: {},
  };
}

/** @throws EngineError `invalid-data` for a feature called like a value inside the graph */
export function requireFreeNames(featureNames: string[]): void {
  const taken = featureNames.find((name) => name.startsWith(INTERNAL));
  if (taken === undefined) return;
  throw new EngineError('invalid-data', `column "${taken}": names that begin with ${INTERNAL} are reserved.`);
}

const classIndex = (label: number) => `${INTERNAL}class_${label}`;
const internal = (name: string, step: string) => `${INTERNAL}${step}::${name}`;

/** One feature as a float column [N, 1]. */
function featureNodes(feature: FeatureTransform): OnnxNode[] {
  const isFloat = INPUT_TYPES[feature.type] === 'float';
  const number = isFloat ? feature.name : internal(feature.name, 'number');
  const column = node('Unsqueeze', [number, AXIS_1], [internal(feature.name, 'column')], {});
  if (isFloat) return [column];
  if (feature.type !== 'string') return [node('Cast', [feature.name], [number], { to: int(1) }), column];
  return [labelEncoder(feature, number), column];
}

/** Text to code; "" is a missing value and gets the most frequent category's. */
function labelEncoder(feature: FeatureTransform & { type: 'string' }, output: string): OnnxNode {
  return mlNode('LabelEncoder', [feature.name], [output], {
    keys_strings: { type: 'strings', value: ['', ...feature.categories] },
    values_floats: floats([feature.imputed, ...feature.categories.map((_, code) => code)]),
    default_float: { type: 'float', value: UNKNOWN_CODE },
  });
}

/** All columns side by side, imputed and scaled. */
function matrixNodes(features: FeatureTransform[]): OnnxNode[] {
  const columns = features.map(({ name }) => internal(name, 'column'));
  return [
    node('Concat', columns, [`${INTERNAL}raw_features`], { axis: int(1) }),
    mlNode('Imputer', [`${INTERNAL}raw_features`], [`${INTERNAL}imputed`], {
      imputed_value_floats: floats(features.map(({ imputed }) => imputed)),
      replaced_value_float: { type: 'float', value: Number.NaN },
    }),
    mlNode('Scaler', [`${INTERNAL}imputed`], [FEATURES], {
      offset: floats(features.map(({ offset }) => offset)),
      scale: floats(features.map(({ scale }) => scale)),
    }),
  ];
}

/**
 * The trees as a TreeEnsembleRegressor, whose sum the link turns into probabilities: onnxruntime's
 * TreeEnsembleClassifier labels forests wrongly when both classes carry weights.
 */
function treeNode(ensemble: TreeEnsemble): OnnxNode {
  const { feature, threshold, left } = ensemble;
  const count = feature.length;
  const tree = treeOfNode(ensemble);
  const base = (index: number) => ensemble.roots[tree[index]!]!;
  const isLeaf = (index: number) => feature[index]! < 0;
  const each = (value: (index: number) => number) =>
    ints(Int32Array.from({ length: count }, (_, index) => value(index)));
  return mlNode('TreeEnsembleRegressor', [FEATURES], [RAW], {
    nodes_treeids: ints(tree),
    nodes_nodeids: each((index) => index - base(index)),
    nodes_featureids: each((index) => Math.max(0, feature[index]!)),
    nodes_modes: { type: 'strings', value: Array.from(feature, (each) => (each < 0 ? 'LEAF' : 'BRANCH_LEQ')) },
    nodes_values: floats(threshold),
    nodes_truenodeids: each((index) => (isLeaf(index) ? 0 : left[index]! - base(index))),
    nodes_falsenodeids: each((index) => (isLeaf(index) ? 0 : left[index]! + 1 - base(index))),
    nodes_missing_value_tracks_true: ints(new Int32Array(count)),
    ...leafWeights(ensemble, tree),
    n_targets: int(ensemble.outputCount),
    aggregate_function: { type: 'string', value: 'SUM' },
    post_transform: { type: 'string', value: 'NONE' },
    base_values: floats(ensemble.baseValues),
  });
}

function treeOfNode({ roots, feature }: TreeEnsemble): Int32Array {
  const tree = new Int32Array(feature.length);
  for (const [index, root] of roots.entries()) tree.fill(index, root);
  return tree;
}

function leafWeights(ensemble: TreeEnsemble, tree: Int32Array): Record<string, OnnxAttribute> {
  const { leafWidth, leafValues, feature, roots, treeTarget } = ensemble;
  const trees: number[] = [];
  const nodes: number[] = [];
  const targets: number[] = [];
  const weights: number[] = [];
  for (let index = 0; index < feature.length; index++) {
    if (feature[index]! >= 0) continue;
    for (let value = 0; value < leafWidth; value++) {
      trees.push(tree[index]!);
      nodes.push(index - roots[tree[index]!]!);
      targets.push(leafWidth === 1 ? treeTarget[tree[index]!]! : value);
      weights.push(leafValues[index * leafWidth + value]!);
    }
  }
  return {
    target_treeids: ints(trees),
    target_nodeids: ints(nodes),
    target_ids: ints(targets),
    target_weights: floats(weights),
  };
}

/** Raw output [N, 1] to probabilities [N, 2]. */
function binaryLink(link: TreeEnsemble['link']): OnnxNode[] {
  const positive = `${INTERNAL}positive`;
  return [
    link === 'logistic' ? node('Sigmoid', [RAW], [positive], {}) : clip(positive),
    node('Sub', [ONE, positive], [`${INTERNAL}negative`], {}),
    node('Concat', [`${INTERNAL}negative`, positive], [PROBABILITIES], { axis: int(1) }),
  ];
}

function multiclassLink(link: TreeEnsemble['link']): OnnxNode[] {
  return [link === 'softmax' ? node('Softmax', [RAW], [PROBABILITIES], { axis: int(1) }) : clip(PROBABILITIES)];
}

/** A forest's leaves add up to probabilities, in float32 now and then to a little more than 1. */
function clip(output: string): OnnxNode {
  return node('Clip', [RAW, ...LIMITS], [output], {});
}

/** Labels as they are in the data. */
function labelTensor(classes: ClassLabel[], type: ColumnType): OnnxTensor {
  const dims = [classes.length];
  if (type === 'string') return { name: CLASSES, type: 'string', dims, values: classes.map(String) };
  const element: ElementType = type === 'long' ? 'int64' : type === 'boolean' ? 'bool' : 'double';
  return { name: CLASSES, type: element, dims, values: classes.map(Number) };
}

function vector(name: string, type: ElementType): OnnxValue {
  return { name, type, dims: ['N'] };
}

function node(operator: string, inputs: string[], outputs: string[], attributes: OnnxNode['attributes']): OnnxNode {
  return { operator, domain: '', inputs, outputs, attributes };
}

function mlNode(operator: string, inputs: string[], outputs: string[], attributes: OnnxNode['attributes']): OnnxNode {
  return { operator, domain: 'ai.onnx.ml', inputs, outputs, attributes };
}

const int = (value: number): OnnxAttribute => ({ type: 'int', value });
const ints = (value: ArrayLike<number>): OnnxAttribute => ({ type: 'ints', value });
const floats = (value: ArrayLike<number>): OnnxAttribute => ({ type: 'floats', value });

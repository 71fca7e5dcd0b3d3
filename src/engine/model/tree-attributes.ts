import type { TreeEnsemble } from '../learners/learner.ts';
import { EngineError } from '../support/errors.ts';
import type { OnnxNode } from './onnx-model.ts';

/**
 * The trees of a TreeEnsembleRegressor node as the product writes it: nodes of a tree in order, children side by side.
 * @throws EngineError `invalid-model` when the node is laid out otherwise or points outside itself.
 */
export function readEnsemble(node: OnnxNode): TreeEnsemble {
  const list = (name: string) => (node.attributes[name]?.value ?? []) as ArrayLike<number>;
  const modes = (node.attributes.nodes_modes?.value ?? []) as string[];
  const trees = list('nodes_treeids');
  const roots = rootsOf(trees);
  const outputCount = (node.attributes.n_targets?.value ?? 1) as number;
  if (!(outputCount >= 1 && outputCount <= list('target_ids').length)) throw malformed(`it has ${outputCount} outputs`);
  const base = (index: number) => roots[trees[index]!]!;
  const leaf = (index: number) => modes[index] === 'LEAF';
  const trueChildren = list('nodes_truenodeids');
  const features = list('nodes_featureids');
  requireEqualLengths(node.operator, [trees, modes, trueChildren, features, list('nodes_values')]);
  const ensemble: TreeEnsemble = {
    roots,
    feature: Int32Array.from(modes, (_, index) => (leaf(index) ? -1 : features[index]!)),
    threshold: Float32Array.from(list('nodes_values')),
    left: Int32Array.from(modes, (_, index) => (leaf(index) ? 0 : base(index) + trueChildren[index]!)),
    cover: new Float32Array(modes.length),
    outputCount,
    baseValues: baseValues(list('base_values'), outputCount),
    link: 'identity',
    ...readLeaves(node, roots, modes, outputCount),
  };
  requireTrees(ensemble, list('nodes_falsenodeids'), base);
  return ensemble;
}

function rootsOf(trees: ArrayLike<number>): Int32Array {
  const roots: number[] = [];
  for (let index = 0; index < trees.length; index++) {
    const tree = trees[index]!;
    if (tree === roots.length) roots.push(index);
    else if (tree !== roots.length - 1) throw malformed('its trees are not in order');
  }
  return Int32Array.from(roots);
}

function baseValues(values: ArrayLike<number>, count: number): Float32Array {
  if (values.length === 0) return new Float32Array(count);
  if (values.length !== count) throw malformed('it has a base value too many or too few');
  return Float32Array.from(values);
}

type Leaves = Pick<TreeEnsemble, 'leafWidth' | 'leafValues' | 'treeTarget'>;

/** One value a leaf when each tree adds to one output, else one per output. */
function readLeaves(node: OnnxNode, roots: Int32Array, modes: string[], outputCount: number): Leaves {
  const list = (name: string) => (node.attributes[name]?.value ?? []) as ArrayLike<number>;
  const [trees, nodes, targets, weights] = [
    list('target_treeids'),
    list('target_nodeids'),
    list('target_ids'),
    list('target_weights'),
  ] as const;
  requireEqualLengths(node.operator, [trees, nodes, targets, weights]);
  const treeTarget = new Int32Array(roots.length).fill(-1);
  let wide = false;
  for (let i = 0; i < trees.length; i++) {
    const tree = trees[i]!;
    if (treeTarget[tree] === -1) treeTarget[tree] = targets[i]!;
    else if (treeTarget[tree] !== targets[i]) wide = true;
  }
  const leafWidth = wide ? outputCount : 1;
  requireLeaves(leafWidth, outputCount, targets, modes);
  const leafValues = new Float32Array(modes.length * leafWidth);
  for (let i = 0; i < trees.length; i++) {
    const index = roots[trees[i]!]! + nodes[i]!;
    if (modes[index] !== 'LEAF') throw malformed('a value belongs to no leaf');
    leafValues[index * leafWidth + (wide ? targets[i]! : 0)] = weights[i]!;
  }
  return { leafWidth, leafValues, treeTarget: wide ? new Int32Array(roots.length) : treeTarget };
}

/** As many values as leaves and outputs ask for, so that no number in the file decides alone how much memory is taken. */
function requireLeaves(leafWidth: number, outputCount: number, targets: ArrayLike<number>, modes: string[]): void {
  const leaves = modes.reduce((count, mode) => count + Number(mode === 'LEAF'), 0);
  if (targets.length !== leaves * leafWidth) throw malformed('its leaves have values too many or too few');
  if (!Array.from(targets).every((target) => target >= 0 && target < outputCount)) {
    throw malformed('a leaf adds to an output that does not exist');
  }
}

function requireEqualLengths(operator: string, lists: ArrayLike<unknown>[]): void {
  if (lists.some((list) => list.length !== lists[0]!.length))
    throw malformed(`${operator} has lists of unequal length`);
}

/** Children lie after their parent and inside their tree, so that scoring ends. */
function requireTrees(ensemble: TreeEnsemble, falseChildren: ArrayLike<number>, base: (index: number) => number): void {
  const { feature, left, roots } = ensemble;
  for (const [tree, root] of roots.entries()) {
    const end = roots[tree + 1] ?? feature.length;
    for (let index = root; index < end; index++) {
      if (feature[index]! < 0) continue;
      const child = left[index]!;
      const inside = child > index && child + 1 < end && base(index) + falseChildren[index]! === child + 1;
      if (!inside) throw malformed('a tree node points outside its tree');
    }
  }
}

function malformed(what: string): EngineError {
  return new EngineError('invalid-model', `the ONNX graph was not written by this product: ${what}.`, {
    fix: 'Score this model with onnxruntime, or train it here.',
  });
}

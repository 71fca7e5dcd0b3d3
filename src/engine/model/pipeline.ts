import type { ColumnType } from '../data/table.ts';
import type { ClassLabel } from '../data/target.ts';
import type { TreeEnsemble } from '../learners/learner.ts';
import type { FeatureTransform } from '../preprocessing/feature-transform.ts';

/** A trained model as a thing in memory: what the ONNX graph is written from. */
export interface Pipeline {
  features: FeatureTransform[];
  /** In index order; with two classes the positive one is last. */
  classes: ClassLabel[];
  targetType: ColumnType;
  ensemble: TreeEnsemble;
}

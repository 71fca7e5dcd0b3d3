/** The programming interface of the package: `import { openProject, train } from 'gnu-mlops'`. */
export { predict } from './prediction/predict.ts';
export { openProject } from './project.ts';
export { EngineError } from './support/errors.ts';
export { train } from './training/train.ts';

import type { ComparedRun, RunPanelState } from '../../src/protocol/panels.ts';

// Names for the parts of a snapshot. The pages know the protocol only, not the engine that fills it.

export type Run = ComparedRun['run'];
export type Metric = RunPanelState['details']['history'][number];
export type Evaluation = NonNullable<ComparedRun['evaluation']>;
export type ClassCurves = Evaluation['curves'][number];
export type Curve = ClassCurves['roc'];

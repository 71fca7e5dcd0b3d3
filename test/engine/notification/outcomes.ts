import type { BatchOutcome, DeploymentOutcome, RetrainOutcome } from '../../../src/engine/notification/notice.ts';

const RUN = 'b'.repeat(32);

/** A night with one file that went well, and, when asked, one that did not. */
export function batchOutcome({ failing = false, name = 'night.csv' } = {}): BatchOutcome {
  const done = {
    input: `/data/in/${name}`,
    output: '/data/out/night__20261125T210000Z__0a1b2c3d.csv',
    rows: 1200,
    refused: 3,
  };
  const broken = { input: '/data/in/broken.csv', output: null, rows: 0, refused: 0 };
  return {
    status: failing ? 'failed' : 'done',
    ...{ run_id: RUN, model_name: 'gnu_mlops_model', version: '4', duration_ms: 2345 },
    files: [
      { ...done, status: 'done', error: null },
      ...(failing ? [{ ...broken, status: 'failed', error: 'line 7: a field too many' }] : []),
    ],
  };
}

export const IDLE_BATCH: BatchOutcome = { ...batchOutcome(), status: 'nothing-to-do', run_id: null, files: [] };

export function deploymentOutcome(status: 'deployed' | 'rolled-back', overridden = false): DeploymentOutcome {
  return {
    ...{ status, model_name: 'gnu_mlops_model', version: '5', from_stage: 'Staging', to_stage: 'GNU_Production' },
    ...{ previous_version: '4', event_id: 'e'.repeat(32) },
    gates: [
      { name: 'metrics.accuracy', required: '>= 0.8', actual: 0.9123456789, passed: !overridden, overridden },
      { name: 'loads', required: 'loads and scores', actual: 'yes', passed: true, overridden: false },
    ],
    changes: [
      'Version 5 moves from Staging to GNU_Production.',
      'Version 4 leaves GNU_Production and becomes Archived.',
    ],
  };
}

export function retrainOutcome(status: 'deployed' | 'refused' | 'kept-production'): RetrainOutcome {
  return {
    status,
    due: { reason: 'age', since: '2026-11-20T00:00:00.000Z' },
    champion: { version: '4', metrics: { accuracy: 0.91, roc_auc: null } },
    challenger: { version: '5', run_id: RUN, metrics: { accuracy: 0.935, roc_auc: 0.97 } },
    decision: 'Version 5 is better by 0.0250 (at least 0.0100 was asked for), so it goes to GNU_Production.',
    gates: deploymentOutcome('deployed').gates,
    drift: [],
  };
}

import type { ComparedRun } from '../../src/protocol/panels.ts';

/** A finished run with these parts, for tests of what is computed from runs. */
export function comparedRun(
  name: string,
  parts: { metrics?: Record<string, number | null>; params?: Record<string, string>; tags?: Record<string, string> },
): ComparedRun {
  return {
    run: {
      runId: `id-of-${name}`,
      experimentId: '1',
      name,
      status: 'FINISHED',
      userId: 'alice',
      startTime: 0,
      endTime: 1,
      artifactUri: '',
      params: parts.params ?? {},
      // NaN crosses as null.
      metrics: (parts.metrics ?? {}) as Record<string, number>,
      tags: parts.tags ?? {},
    },
    versions: ['7'],
    evaluation: null,
  };
}

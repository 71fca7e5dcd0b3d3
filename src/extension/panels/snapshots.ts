import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { ComparedRun, RunPanelState } from '../../protocol/panels.ts';
import type { EngineClient } from '../engine/engine-client.ts';

/** Everything the run panel shows. */
export async function loadRun({ api }: EngineClient, project: ProjectRef, runId: string): Promise<RunPanelState> {
  const [details, experiments, models, { modelName }] = await Promise.all([
    api.runDetails(project, runId),
    api.experiments(project),
    api.models(project),
    api.status(project),
  ]);
  const experiment = experiments.find(({ experimentId }) => experimentId === details.run.experimentId);
  const versions = models.find(({ name }) => name === modelName)?.versions ?? [];
  const own = versions.filter(({ version }) => details.versions.includes(version));
  return {
    panel: 'run',
    experimentName: experiment?.name ?? details.run.experimentId,
    modelName,
    details,
    stages: Object.fromEntries(own.map(({ version, stage }) => [version, stage])),
  };
}

/** The runs of the compare panel, in the order in which they were chosen. */
export async function loadCompared(
  { api }: EngineClient,
  project: ProjectRef,
  runIds: readonly string[],
): Promise<ComparedRun[]> {
  const all = await Promise.all(runIds.map((runId) => api.runDetails(project, runId)));
  return all.map(({ run, versions, evaluation }) => ({ run, versions, evaluation }));
}

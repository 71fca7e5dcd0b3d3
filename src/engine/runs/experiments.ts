import { batchExperiment, eventsExperiment, type Project, retrainingExperiment } from '../project.ts';
import type { Experiment } from '../tracking/store.ts';

export interface ExperimentSummary {
  experimentId: string;
  name: string;
  /** training: the project's own; events, batch runs and retraining decisions are what the product writes beside it */
  kind: 'training' | 'events' | 'batch' | 'retraining' | 'other';
}

const ORDER: ExperimentSummary['kind'][] = ['training', 'batch', 'retraining', 'events', 'other'];

/** The store's experiments: the project's own first, then what the product writes beside it, then the others by name. */
export async function listExperiments({ store, config }: Project): Promise<ExperimentSummary[]> {
  const all = await store.listExperiments();
  const summaries = all.map((experiment) => ({ ...summary(experiment), kind: kindOf(experiment.name) }));
  return summaries.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.name < b.name ? -1 : 1));

  function kindOf(name: string): ExperimentSummary['kind'] {
    if (name === config.mlflow.experiment_name) return 'training';
    if (name === eventsExperiment(config)) return 'events';
    if (name === retrainingExperiment(config)) return 'retraining';
    return name === batchExperiment(config) ? 'batch' : 'other';
  }
}

function summary({ experimentId, name }: Experiment): Pick<ExperimentSummary, 'experimentId' | 'name'> {
  return { experimentId, name };
}

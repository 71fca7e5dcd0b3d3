import type { RunPanelState } from '../../src/protocol/panels.ts';
import { Banner } from '../components/banner.tsx';
import { LongText } from '../components/long-text.tsx';
import { ERROR_TAG } from '../values/tags.ts';
import { ArtifactsSection } from './artifacts-section.tsx';
import { ConfusionSection } from './confusion-section.tsx';
import { CurvesSection } from './curves-section.tsx';
import { ImportancesSection } from './importances-section.tsx';
import { MetricsSection } from './metrics-section.tsx';
import { ParamsSection } from './params-section.tsx';
import { RunHeader } from './run-header.tsx';
import { TagsSection } from './tags-section.tsx';

/** Everything about one run, the numbers that decide first. */
export function RunPage({ state }: { state: RunPanelState }) {
  const { run, evaluation, history, artifacts, artifactTrouble } = state.details;
  return (
    <>
      <RunHeader state={state} />
      <Outcome status={run.status} error={run.tags[ERROR_TAG]} />
      <MetricsSection metrics={run.metrics} history={history} rows={evaluation?.rows ?? null} />
      {evaluation !== null && (
        <>
          <CurvesSection evaluation={evaluation} />
          <ConfusionSection evaluation={evaluation} />
          <ImportancesSection importances={evaluation.importances} />
        </>
      )}
      <div class="columns">
        <ParamsSection params={run.params} />
        <TagsSection tags={run.tags} />
      </div>
      <ArtifactsSection artifacts={artifacts} trouble={artifactTrouble} />
    </>
  );
}

/** How a run that is not finished stands. */
function Outcome({ status, error }: { status: string; error: string | undefined }) {
  if (status === 'RUNNING') {
    return (
      <Banner kind="progress" title="In progress">
        <p>What the run has recorded so far is below; the rest appears as it comes.</p>
      </Banner>
    );
  }
  if (status !== 'FAILED' && (status !== 'KILLED' || error === undefined)) return null;
  return (
    <Banner kind="error" title={status === 'FAILED' ? 'The run failed' : 'The run was stopped'}>
      <p>{error === undefined ? 'It left no reason. The log of the run may tell more.' : <LongText text={error} />}</p>
    </Banner>
  );
}

import { Swatch } from '../components/charts/legend.tsx';
import { Icon } from '../components/icon.tsx';
import { Instant } from '../components/instant.tsx';
import { Status } from '../components/status.tsx';
import { tellHost } from '../host/connection.ts';
import type { ShownRun } from './shown-run.ts';

interface RunColumnProps {
  run: ShownRun;
  canHide: boolean;
  onHide(runId: string): void;
}

/** The head of a run's column: its line in the charts, its name (which opens it), what came of it and when. */
export function RunColumn({ run: { run, versions, series }, canHide, onHide }: RunColumnProps) {
  return (
    <th scope="col" class="run-column">
      <div class="run-column-top">
        <Swatch series={series} />
        {canHide && (
          <button type="button" class="icon-button" title="Hide this run" onClick={() => onHide(run.runId)}>
            <Icon name="eye-closed" />
            <span class="hidden-text">Hide {run.name.slice(0, 100)}</span>
          </button>
        )}
      </div>
      <button
        type="button"
        class="link run-name"
        title={`Open ${run.name}`}
        onClick={() => tellHost({ type: 'openRun', runId: run.runId })}
      >
        {run.name}
      </button>
      <div class="run-column-facts">
        <Status status={run.status} />
        {versions.length > 0 && <span>version {versions.join(', ')}</span>}
      </div>
      <div class="run-column-facts muted">
        <Instant at={run.startTime} />
      </div>
    </th>
  );
}

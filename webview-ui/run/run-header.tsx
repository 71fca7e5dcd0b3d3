import '@vscode-elements/elements/dist/vscode-badge/index.js';
import type { RunPanelState } from '../../src/protocol/panels.ts';
import { Fact } from '../components/fact.tsx';
import { Icon } from '../components/icon.tsx';
import { Instant } from '../components/instant.tsx';
import { LongText } from '../components/long-text.tsx';
import { Status } from '../components/status.tsx';
import { NoValue } from '../components/value.tsx';
import { formatDuration } from '../values/instants.ts';
import { COMMIT_TAG, NOTE_TAG } from '../values/tags.ts';

/** Which run it is, how it ended, what came out of it, and where it came from. */
export function RunHeader({ state: { details, experimentName, modelName, stages } }: { state: RunPanelState }) {
  const { run, versions } = details;
  const note = run.tags[NOTE_TAG];
  return (
    <header class="page-header">
      <p class="overline">
        <Icon name="beaker" />
        <span>{experimentName}</span>
      </p>
      <div class="title-line">
        <h1 title={run.name}>{run.name}</h1>
        <Status status={run.status} />
      </div>
      {versions.length > 0 && (
        <ul class="versions" aria-label="Model versions">
          {versions.map((version) => (
            <Version key={version} modelName={modelName} version={version} stage={stages[version]} />
          ))}
        </ul>
      )}
      {note !== undefined && (
        <p class="run-note">
          <LongText text={note} />
        </p>
      )}
      <Facts run={run} />
    </header>
  );
}

function Version({ modelName, version, stage }: { modelName: string; version: string; stage: string | undefined }) {
  return (
    <li class="version">
      <Icon name="package" />
      <span>
        {modelName} <strong>version {version}</strong>
      </span>
      {stage !== undefined && stage !== 'None' && <vscode-badge>{stage}</vscode-badge>}
    </li>
  );
}

function Facts({ run }: Pick<RunPanelState['details'], 'run'>) {
  const commit = run.tags[COMMIT_TAG];
  return (
    <dl class="facts">
      <Fact name="Started">
        <Instant at={run.startTime} />
      </Fact>
      <Fact name="Duration">{run.endTime === null ? 'in progress' : formatDuration(run.endTime - run.startTime)}</Fact>
      <Fact name="User">{run.userId === '' ? <NoValue /> : run.userId}</Fact>
      <Fact name="Git commit">{commit === undefined ? <NoValue /> : <ShortId id={commit} />}</Fact>
      <Fact name="Run ID">
        <ShortId id={run.runId} />
      </Fact>
    </dl>
  );
}

const SHORT_ID = 10;

/** The beginning of a hash; the whole of it on hover and in what is copied from the tags. */
function ShortId({ id }: { id: string }) {
  return <code title={id}>{id.slice(0, SHORT_ID)}</code>;
}

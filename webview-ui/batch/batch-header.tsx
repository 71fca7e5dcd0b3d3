import type { BatchFileName, BatchPanelState } from '../../src/protocol/panels.ts';
import { Fact } from '../components/fact.tsx';
import { Icon } from '../components/icon.tsx';
import { Instant } from '../components/instant.tsx';
import { LongText } from '../components/long-text.tsx';
import { tellHost } from '../host/connection.ts';
import { formatDuration } from '../values/instants.ts';

/** Which input it was, what came of it, and by which model. */
export function BatchHeader({ preview: { manifest, files } }: { preview: BatchPanelState['preview'] }) {
  const { input, rows, refused, model, started, duration_ms, warnings } = manifest;
  return (
    <header class="page-header">
      <p class="overline">
        <Icon name="layers" />
        <span>Batch output</span>
      </p>
      <div class="title-line">
        <h1 title={input.name}>{input.name}</h1>
      </div>
      <dl class="facts">
        <Fact name="Rows scored">{(rows - refused).toLocaleString('en-US')}</Fact>
        <Fact name="Rows refused">{refused.toLocaleString('en-US')}</Fact>
        <Fact name="Model">
          {model.name} version {model.version}
        </Fact>
        <Fact name="Started">
          <Instant at={Date.parse(started)} />
        </Fact>
        <Fact name="Duration">{formatDuration(duration_ms)}</Fact>
      </dl>
      <p class="file-links">
        <FileLink file="output" text="Open the whole output" />
        {files.refused !== null && <FileLink file="refused" text="Open the refused rows" />}
        <FileLink file="manifest" text="Open the manifest" />
      </p>
      {warnings.length > 0 && (
        <ul class="warnings" aria-label="Warnings">
          {warnings.map((warning) => (
            <li key={warning}>
              <Icon name="warning" />
              <LongText text={warning} />
            </li>
          ))}
        </ul>
      )}
    </header>
  );
}

function FileLink({ file, text }: { file: BatchFileName; text: string }) {
  return (
    <button type="button" class="link" onClick={() => tellHost({ type: 'openBatchFile', file })}>
      {text}
    </button>
  );
}

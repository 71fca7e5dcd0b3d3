import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import { Icon } from '../components/icon.tsx';

interface CompareToolbarProps {
  runCount: number;
  hiddenRuns: number;
  hiddenRows: number;
  onlyDifferences: boolean;
  onOnlyDifferences(value: boolean): void;
  onShowAll(): void;
  onExport(format: 'csv' | 'markdown'): void;
}

/** What is compared, and what can be done with the table. */
export function CompareToolbar(props: CompareToolbarProps) {
  const { runCount, hiddenRuns, hiddenRows, onlyDifferences, onOnlyDifferences, onShowAll, onExport } = props;
  return (
    <header class="compare-header">
      <h1>Compare {runCount} runs</h1>
      <div class="toolbar">
        <vscode-checkbox
          checked={onlyDifferences}
          onChange={({ currentTarget }) => onOnlyDifferences((currentTarget as HTMLInputElement).checked)}
        >
          Only differences
        </vscode-checkbox>
        {hiddenRows > 0 && <span class="muted">{counted(hiddenRows, 'equal row')} hidden</span>}
        {hiddenRuns > 0 && (
          <span>
            <span class="muted">{counted(hiddenRuns, 'run')} hidden</span>{' '}
            <button type="button" class="link" onClick={onShowAll}>
              Show all runs
            </button>
          </span>
        )}
        <span class="toolbar-end">
          <ExportButton label="Export CSV" icon="table" onClick={() => onExport('csv')} />
          <ExportButton label="Export Markdown" icon="markdown" onClick={() => onExport('markdown')} />
        </span>
      </div>
    </header>
  );
}

function ExportButton({ label, icon, onClick }: { label: string; icon: string; onClick(): void }) {
  return (
    <vscode-button secondary onClick={onClick}>
      <span slot="content-before" class="button-icon">
        <Icon name={icon} />
      </span>
      {label}
    </vscode-button>
  );
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

import { Icon } from './icon.tsx';

interface Appearance {
  text: string;
  icon: string;
}

const APPEARANCES: Record<string, Appearance> = {
  FINISHED: { text: 'Finished', icon: 'pass-filled' },
  RUNNING: { text: 'Running', icon: 'loading' },
  SCHEDULED: { text: 'Scheduled', icon: 'watch' },
  FAILED: { text: 'Failed', icon: 'error' },
  KILLED: { text: 'Killed', icon: 'circle-slash' },
};

/** MLflow's state of a run. */
export function Status({ status }: { status: string }) {
  const { text, icon } = APPEARANCES[status] ?? { text: status, icon: 'question' };
  return (
    <span class={`status status-${status.toLowerCase()}`}>
      <Icon name={icon} />
      {text}
    </span>
  );
}

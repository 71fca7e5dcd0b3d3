import { type FunctionComponent, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { HostMessage, PanelState } from '../../src/protocol/panels.ts';
import { listenToHost } from '../host/connection.ts';
import { Banner } from './banner.tsx';
import './page.css';

interface PageProps<State extends PanelState> {
  /** The panel's state, or null for anything else. */
  readState(value: unknown): State | null;
  Content: FunctionComponent<{ state: State }>;
}

/** Draws a panel into the page's root element, anew with every snapshot from the host. */
export function mountPage<State extends PanelState>(props: PageProps<State>): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('The page has no element with the id "root".');
  render(<Page {...props} />, root);
}

function Page<State extends PanelState>({ readState, Content }: PageProps<State>) {
  const [message, setMessage] = useState<HostMessage<State> | null>(null);
  useEffect(() => listenToHost(readState, setMessage), [readState]);
  return (
    <main>
      {message === null && <Waiting />}
      {message?.type === 'problem' && <Banner kind="error" title={message.message} />}
      {message?.type === 'state' && <Content state={message.state} />}
    </main>
  );
}

function Waiting() {
  return (
    <p class="waiting" role="status">
      Loading…
    </p>
  );
}

import { type HostMessage, isPanelKey, type PageMessage, type PanelState } from '../../src/protocol/panels.ts';
import { isRecord, isText } from './shape.ts';

interface WebviewApi {
  postMessage(message: PageMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** Given by the editor to the page; may be called once only. */
declare function acquireVsCodeApi(): WebviewApi;

const api = acquireVsCodeApi();

export function tellHost(message: PageMessage): void {
  api.postMessage(message);
}

/**
 * Says `ready` and hands over what the host answers from then on.
 * @param readState the panel's state, or null for anything else
 * @returns ends it
 */
export function listenToHost<State extends PanelState>(
  readState: (value: unknown) => State | null,
  onMessage: (message: HostMessage<State>) => void,
): () => void {
  const receive = ({ data }: MessageEvent<unknown>) => {
    const message = readMessage(data, readState);
    if (message === null) return;
    // By this the host fills the panel again after the editor's window was reloaded.
    if (message.type === 'state') keepViewState({ key: message.key });
    onMessage(message);
  };
  window.addEventListener('message', receive);
  tellHost({ type: 'ready' });
  return () => window.removeEventListener('message', receive);
}

/** What the page keeps for itself while its tab is hidden: the editor throws the page away meanwhile. */
export function readViewState(): unknown {
  return api.getState();
}

export function keepViewState(state: Record<string, unknown>): void {
  const kept = api.getState();
  api.setState(isRecord(kept) ? { ...kept, ...state } : state);
}

/** Messages that are not the host's (custom elements and extensions of the browser send some) are dropped. */
function readMessage<State extends PanelState>(
  data: unknown,
  readState: (value: unknown) => State | null,
): HostMessage<State> | null {
  if (!isRecord(data)) return null;
  if (data.type === 'problem' && isText(data.message)) return { type: 'problem', message: data.message };
  if (data.type !== 'state') return null;
  const state = readState(data.state);
  if (state !== null && isPanelKey(data.key)) return { type: 'state', state, key: data.key };
  const message = 'The editor sent something that this page cannot read. Close the tab and open it again.';
  return { type: 'problem', message };
}

// The engine's own process: it alone opens the store of an editor's window, and works while the extension host stays free.
import { createBirpc } from 'birpc';
import type { EngineApi, EngineEvents } from '../../protocol/engine-api.ts';
import { createEngineService } from './service/service.ts';

/** After this long a training that does not stop is left to the next command, which marks its run KILLED. */
const LONGEST_GOODBYE_MS = 4_000;

const host = createBirpc<EngineEvents, EngineApi>({} as EngineApi, {
  post: (message) => process.connected && process.send?.(message),
  on: (receive) => process.on('message', receive),
  eventNames: ['progress', 'log', 'storeChanged'],
  timeout: -1,
});

const service = createEngineService({
  progress: (requestId, progress) => void host.progress(requestId, progress),
  log: (entry) => void host.log(entry),
  storeChanged: (configFile) => void host.storeChanged(configFile),
});
Object.assign(host.$functions, service.api);

// The host has gone, or has let us go.
process.once('disconnect', () => {
  setTimeout(() => process.exit(), LONGEST_GOODBYE_MS).unref();
  void service.close().finally(() => process.exit());
});

// Ctrl-C in a terminal that the editor was started from reaches the whole group; the host decides when we end.
process.on('SIGINT', () => undefined);

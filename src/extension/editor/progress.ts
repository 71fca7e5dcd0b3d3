import * as vscode from 'vscode';
import type { Progress } from '../../protocol/engine-api.ts';
import type { EngineClient } from '../engine/engine-client.ts';

/** Makes a request with a notification that tells how far it is; its button cancels the request. */
export function withCancellableProgress<T>(
  engine: EngineClient,
  title: string,
  call: (requestId: string) => Promise<T>,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return whole(
    vscode.window.withProgress(options, (notification, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      const onProgress = (progress: Progress) => notification.report({ message: progressText(progress) });
      return engine.request(call, { signal: controller.signal, onProgress });
    }),
  );
}

/** For what takes a moment and cannot be stopped half-way (a deployment is one commit): told in the status bar. */
export function withProgress<T>(title: string, work: () => Promise<T>): Promise<T> {
  return whole(vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work));
}

async function whole<T>(work: Thenable<T>): Promise<T> {
  return work;
}

function progressText({ phase, done, total }: Progress): string {
  return total === 0 ? phase : `${phase} (${Math.floor((100 * done) / total)} %)`;
}

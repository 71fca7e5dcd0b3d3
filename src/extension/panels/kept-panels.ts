import * as vscode from 'vscode';
import { isPanelKey, type PanelState } from '../../protocol/panels.ts';
import type { ActiveProject } from '../editor/active-project.ts';
import { panelType } from './page-panel.ts';
import type { Panels } from './panels.ts';

const NAMES: PanelState['panel'][] = ['run', 'compare', 'batch'];

/** Fills panels again that the editor kept when its window was reloaded; one of a project that is gone closes. */
export function registerKeptPanels(panels: Panels, project: ActiveProject): vscode.Disposable {
  const serializer: vscode.WebviewPanelSerializer<{ key?: unknown } | undefined> = {
    async deserializeWebviewPanel(panel, state) {
      await project.look();
      const key = state?.key;
      // What a page kept is not trusted: it names a configuration of this workspace, or nothing.
      const isKnown = isPanelKey(key) && project.files.some(({ fsPath }) => fsPath === key.configFile);
      if (!isKnown) return panel.dispose();
      panels.restore({ configFile: key.configFile, trusted: vscode.workspace.isTrusted }, key, panel);
    },
  };
  const registrations = NAMES.map((name) => vscode.window.registerWebviewPanelSerializer(panelType(name), serializer));
  return vscode.Disposable.from(...registrations);
}

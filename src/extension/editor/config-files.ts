import * as vscode from 'vscode';

/** Folders that hold copies of configurations, or other people's. */
const ELSEWHERE = '**/{node_modules,mlruns,mlartifacts,.git,.venv,venv,dist,.gnu-mlops}/**';
const NAME = /(^|\/)config(\.local)?\.yaml$/;
const COPIES = /\/(mlruns|mlartifacts|node_modules|\.gnu-mlops)\//;

/** What no other tool's config.yaml is likely to have. */
const OUR_SECTION =
  /^(databricks|mlflow|model|training|deployment|monitoring|retraining|batch_inference|schedules|notifications)\s*:|^\s+target_column\s*:/m;

/** Where config.yaml and config.local.yaml may lie. */
export const CONFIG_PATTERN = '**/{config.yaml,config.local.yaml}';

/** Documents of which the language features may speak; whether one really is ours, `isOurConfig` tells by its text. */
export const CONFIG_SELECTOR: vscode.DocumentSelector = { scheme: 'file', language: 'yaml', pattern: CONFIG_PATTERN };

/** By its place alone. */
export function mayBeConfig(path: string): boolean {
  return NAME.test(path) && !COPIES.test(path);
}

/** Many tools have a config.yaml: ours is empty yet, or has one of our sections. */
export function isOurConfig(path: string, text: string): boolean {
  return mayBeConfig(path) && (text.trim() === '' || OUR_SECTION.test(text));
}

/** The project configurations of the workspace, those nearest to its root first. */
export async function findConfigFiles(): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(CONFIG_PATTERN, ELSEWHERE, 200);
  const ours = await Promise.all(found.map(isOurFile));
  const files = found.filter((_uri, i) => ours[i]);
  return files.sort((a, b) => depth(a) - depth(b) || (a.path < b.path ? -1 : 1));
}

async function isOurFile(uri: vscode.Uri): Promise<boolean> {
  try {
    const bytes = await vscode.workspace.fs.readFile(uri);
    return isOurConfig(uri.path, new TextDecoder().decode(bytes));
  } catch {
    return false;
  }
}

function depth(uri: vscode.Uri): number {
  return uri.path.split('/').length;
}

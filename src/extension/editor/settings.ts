import * as vscode from 'vscode';

/** Every setting, as package.json declares it. */
export const SETTINGS = {
  'gnuMlops.runsPerPage': {
    type: 'integer',
    default: 50,
    minimum: 1,
    maximum: 1000,
    description: 'How many runs or versions a view shows before "Load more".',
  },
} as const;

/** Runs or versions that a view shows at a time. */
export function runsPerPage(): number {
  return vscode.workspace.getConfiguration().get('gnuMlops.runsPerPage', SETTINGS['gnuMlops.runsPerPage'].default);
}

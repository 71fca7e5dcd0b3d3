import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

const identifier = 'gnu-mlops.gnu-mlops';

describe('The extension in the editor', () => {
  it('activates in a workspace', async () => {
    const extension = vscode.extensions.getExtension(identifier);
    assert.ok(extension, `${identifier} is not installed`);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers the command that shows its log', async () => {
    assert.ok((await vscode.commands.getCommands(true)).includes('gnuMlops.showLog'));
    await vscode.commands.executeCommand('gnuMlops.showLog');
  });

  it('opens the folder it was given', () => {
    assert.equal(vscode.workspace.workspaceFolders?.length, 1);
  });

  it('finds the files of the folder', async () => {
    const found = await vscode.workspace.findFiles('config.yaml');
    assert.equal(found.length, 1);
  });
});

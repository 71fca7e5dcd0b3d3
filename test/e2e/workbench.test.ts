import { useWorkbench } from './session.ts';

describe('The workbench', () => {
  const session = useWorkbench();

  it('shows the files of the open folder', async () => {
    await session()
      .workbench.tree(/Explorer/)
      .item('config.yaml')
      .waitFor();
  });

  it('runs a command of the extension from the palette', async () => {
    const { workbench } = session();
    await workbench.runCommand('GNU MLOps: Show Log');
    await workbench.page.getByRole('tab', { name: /Output/, selected: true }).waitFor();
    // The channel itself stays empty here: this way of installing the server leaves out the module that writes it.
    await workbench.page.getByRole('combobox', { name: /Output/ }).waitFor();
  });

  it('gives tests the content of a webview', async () => {
    const { workbench } = session();
    await workbench
      .tree(/Explorer/)
      .item('README.md')
      .dblclick();
    await workbench.runCommand('Markdown: Open Preview');
    const preview = await workbench.webviewFrame(/Preview README/);
    await preview.getByRole('heading').first().waitFor();
  });
});

describe('The workbench in an untrusted folder', () => {
  const session = useWorkbench({ trusted: false });

  it('says so in the status bar', async () => {
    await session()
      .workbench.statusBarItem(/Restricted Mode/)
      .waitFor();
  });
});

import * as assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { exampleProject, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

describe('gnu-mlops sign-in, without a server', () => {
  let project: TemporaryProject;

  before(() => {
    project = exampleProject();
  });

  after(() => project.remove());

  const refused = async (...args: string[]) => {
    const result = await project.run('sign-in', ...args, '--json');
    assert.equal(result.code, 2, result.stderr);
    return parseDocument<ErrorDocument>(result, 'error').error;
  };

  it('says that a store on this machine needs none', async () => {
    assert.match((await refused()).message, /sqlite:\/\/\/mlflow\.db needs no sign-in/);
  });

  it('asks nobody where nobody can answer, and says how else', async () => {
    const server = ['--set', 'mlflow.tracking_uri=http://127.0.0.1:9'];
    assert.match((await refused(...server)).details.fix!, /--kind \(mlflow-password, mlflow-token, s3\).*--stdin/);
    const { details } = await refused(...server, '--kind', 'mlflow-token');
    assert.match(details.fix!, /--stdin; on a command line others would see them/);
    assert.match(
      (await refused(...server, '--kind', 'databricks-token')).message,
      /--kind databricks-token: this project does not use it/,
    );
    assert.ok(!existsSync(path.join(project.folder, '.env')));
  });
});

import * as assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'dotenv';
import { ignoreFile, withEnvFile, writeEnvFile } from '../../../src/engine/config/env-file-edit.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe('Writing credentials into a dotenv file', () => {
  const { folder, remove } = temporaryFolder();
  const file = path.join(folder, '.env');

  after(remove);

  it('gives every value back as it was, in a file that only its owner can read', () => {
    const values = {
      PLAIN: 'abc-1.2:3',
      SPACES: ' a b ',
      QUOTES: `it's "so"`,
      HASH: '#no comment',
      DOLLAR: '${HOME}',
      BACKSLASH: 'a\\nb',
    };
    writeEnvFile(file, values);
    assert.deepEqual({ ...parse(readFileSync(file)) }, values);
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('keeps other lines, replaces its own, and closes a file that was open to others', () => {
    writeFileSync(file, '# mine\nOTHER=1\nexport TOKEN=old\n\n');
    chmodSync(file, 0o644);
    writeEnvFile(file, { TOKEN: 'new' });
    assert.equal(readFileSync(file, 'utf8'), '# mine\nOTHER=1\nTOKEN=new\n');
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('refuses a value that dotenv could not read back, and leaves the file alone', () => {
    const before = readFileSync(file, 'utf8');
    assert.throws(
      () => writeEnvFile(file, { TOKEN: `a'b"c\`d#e` }),
      (error) => EngineError.is(error, 'usage'),
    );
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  it('names it in config.yaml without touching anything else', () => {
    const text = '# project\n\nmlflow:\n  model_name: m # the model\n';
    assert.equal(withEnvFile(text, '.env'), `# project\n\nenv_file: .env\nmlflow:\n  model_name: m # the model\n`);
    assert.equal(withEnvFile('env_file: null # none yet\ndata: {}\n', '.env'), 'env_file: .env # none yet\ndata: {}\n');
    assert.equal(withEnvFile('# only a remark\n', '.env'), '# only a remark\nenv_file: .env\n');
  });

  it('keeps it out of git, once', () => {
    const gitignore = path.join(folder, '.gitignore');
    writeFileSync(gitignore, 'logs/');
    ignoreFile(file);
    ignoreFile(file);
    assert.equal(readFileSync(gitignore, 'utf8'), 'logs/\n.env\n');
  });
});

import * as assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { validate } from '../../../src/engine/setup/validate.ts';
import { type TemporaryProject, temporaryProject } from '../training/temporary-project.ts';

const DATA = 'data: { path: train.csv, target_column: t }\n';
const NIGHTLY = 'schedules: [{ id: nightly, operation: batch, cron: "0 13 * * *", timezone: UTC }]\n';

describe('The folders of batches', () => {
  let temporary: TemporaryProject;
  beforeEach(async () => {
    temporary = await temporaryProject();
  });
  afterEach(() => temporary.dispose());

  async function failures(id: string, text: string): Promise<string[]> {
    temporary.write('config.yaml', text);
    const { checks } = await validate({ configFile: path.join(temporary.folder, 'config.yaml'), env: {} });
    return checks.filter((check) => check.id === id && check.status === 'error').map(({ message }) => message);
  }

  it('are told by validate when one is a file', async () => {
    temporary.write('out', 'a file');
    const [message, ...others] = await failures('folders', `${DATA}batch_inference: { output_path: out }\n`);
    assert.match(message!, /batch_inference\.output_path: .*out is a file; expected a folder\.$/);
    assert.deepEqual(others, []);
  });

  it('are told when one that is missing cannot be made, once a batch is scheduled', async () => {
    temporary.write('data', 'a file where a folder should be');
    assert.deepEqual(await failures('folders', DATA), []);
    const told = await failures('folders', DATA + NIGHTLY);
    assert.equal(told.length, 3);
    assert.match(told[0]!, /batch_inference\.input_path: .*cannot be made, because .*data is a file\.$/);
  });

  it('are told by validate, with the place, when results would lie among the inputs', async () => {
    const told = await failures(
      'folders',
      `${DATA}batch_inference: { input_path: in, output_path: in, archive_path: ./in/old }\n`,
    );
    assert.match(
      told[0]!,
      /^config\.yaml:2:49: batch_inference\.output_path: found "in", which is or lies in input_path/,
    );
    assert.match(told[1]!, /batch_inference\.archive_path: found "\.\/in\/old"/);
    const beside =
      'batch_inference: { input_path: in, output_path: in-out, archive_path: in/old, archive_processed: false }';
    assert.deepEqual(await failures('folders', `${DATA}${beside}\n`), []);
  });

  it('are in order when they are there, or can be made', async () => {
    mkdirSync(path.join(temporary.folder, 'data/batch_input'), { recursive: true });
    assert.deepEqual(await failures('folders', DATA + NIGHTLY), []);
  });
});

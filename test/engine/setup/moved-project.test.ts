import * as assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { validate } from '../../../src/engine/setup/validate.ts';
import { train } from '../../../src/engine/training/train.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { temporaryProject } from '../training/temporary-project.ts';

describe('A project that was copied', () => {
  it('is told by validate that its models are still at the place it came from', async () => {
    const original = await temporaryProject();
    const { folder, remove } = temporaryFolder();
    try {
      await train(original.project);
      const storeChecks = async (place: string) => {
        const { checks } = await validate({ configFile: path.join(place, 'config.yaml'), env: {} });
        return checks.filter(({ id }) => id === 'store').map(({ status, message }) => `${status} ${message}`);
      };
      assert.equal((await storeChecks(original.folder)).length, 1);
      cpSync(original.folder, folder, { recursive: true });
      const [, copied] = await storeChecks(folder);
      assert.match(
        copied!,
        /^warning Models .* are kept in .+mlruns.*, outside of this project: .* moved or copied\.$/,
      );
      rmSync(path.join(original.folder, 'mlruns'), { recursive: true });
      const [, moved] = await storeChecks(folder);
      assert.match(moved!, /which does not exist/);
    } finally {
      await original.dispose();
      remove();
    }
  });
});

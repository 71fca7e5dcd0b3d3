import * as assert from 'node:assert/strict';
import { deploy, planDeploy } from '../../../src/engine/deployment/deploy.ts';
import { info } from '../../../src/engine/deployment/info.ts';
import type { DeployResult } from '../../../src/engine/deployment/results.ts';
import { planRollback, rollback } from '../../../src/engine/deployment/rollback.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { train } from '../../../src/engine/training/train.ts';
import { type TemporaryProject, temporaryProject } from '../training/temporary-project.ts';

describe('A plan that was shown', () => {
  let temporary: TemporaryProject;
  const project = () => temporary.project;
  const promote = async (version: string) => {
    await deploy(project(), { stage: 'Staging', version });
    await deploy(project(), { stage: 'GNU_Production', version });
  };
  const conflicts = (work: () => Promise<DeployResult>, names: RegExp) =>
    assert.rejects(work, (error) => {
      assert.ok(EngineError.is(error, 'conflict'), String(error));
      assert.match(error.message, names);
      return true;
    });

  beforeEach(async () => {
    temporary = await temporaryProject();
    for (let version = 1; version <= 3; version++) await train(project());
  });

  afterEach(() => temporary.dispose());

  it('is the one that is carried out, also when a newer version was registered meanwhile', async () => {
    const expected = await planDeploy(project(), { stage: 'Staging' });
    await train(project());
    const result = await deploy(project(), { stage: 'Staging', expected });
    assert.deepEqual([expected.version, result.version], ['3', '3']);
  });

  it('is void once somebody else holds the stage, and history says who was overtaken', async () => {
    await promote('1');
    await deploy(project(), { stage: 'Staging', version: '2' });
    const expected = await planDeploy(project(), { stage: 'GNU_Production' });
    await promote('3');
    await conflicts(
      () => deploy(project(), { stage: 'GNU_Production', expected }),
      /version 3 of model now holds GNU_Production \(version 1 was expected\)/,
    );
    const { stages, history } = await info(project(), { history: true });
    assert.equal(stages.GNU_Production?.version, '3');
    assert.deepEqual([history[0]?.version, history[0]?.status], ['2', 'FAILED']);
  });

  it('is void when the version it compared with left production, though its own stage is as it was', async () => {
    await promote('1');
    const expected = await planDeploy(project(), { stage: 'Staging', version: '3' });
    await promote('2');
    await conflicts(() => deploy(project(), { stage: 'Staging', expected }), /holds GNU_Production/);
  });

  it('of a roll back puts back the version that was shown, or nothing', async () => {
    await promote('1');
    await promote('2');
    const expected = await planRollback(project());
    await promote('3');
    await conflicts(() => rollback(project(), { expected }), /version 3 of model now holds GNU_Production/);
    const again = await planRollback(project());
    const result = await rollback(project(), { expected: again });
    assert.deepEqual([again.version, result.version, result.status], ['2', '2', 'rolled-back']);
  });

  it('says where the newest version is when that is above the stage that was asked for', async () => {
    await promote('3');
    const plan = await planDeploy(project(), { stage: 'Staging' });
    assert.deepEqual(
      [plan.status, plan.version, plan.from_stage, plan.to_stage, plan.previous_version],
      ['unchanged', '3', 'GNU_Production', 'GNU_Production', '3'],
    );
  });
});

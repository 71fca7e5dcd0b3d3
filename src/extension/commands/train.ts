import * as vscode from 'vscode';
import { withCancellableProgress } from '../editor/progress.ts';
import { requireProject } from '../editor-session.ts';
import { durationText } from '../views/age.ts';
import { metricText } from '../views/metric-text.ts';
import type { CommandDefinition } from './command.ts';

const OPEN_RUN = 'Open Run';
const TO_STAGING = 'Deploy to Staging';

/** Trains the configured model and registers a version. */
export const train: CommandDefinition = {
  id: 'gnuMlops.train',
  title: 'Train',
  icon: '$(play)',
  writes: true,
  menus: [
    { menu: 'view/title', when: 'view == gnuMlops.experiments && gnuMlops.hasConfig', group: 'navigation@1' },
    { menu: 'view/item/context', when: 'viewItem == experiment.training', group: 'inline@1' },
  ],
  run: async (session) => {
    const project = requireProject(session);
    const { engine, dialogs, panels, follower } = session;
    const result = await withCancellableProgress(engine, 'Training', (id) => engine.api.train(project, {}, id)).finally(
      () => follower.refresh(),
    );
    const { model_name, version, run_id, metrics, duration_ms, warnings } = result;
    for (const { message } of warnings) session.log.warn(message);
    const doubts = warnings.length === 0 ? '' : ` ${warnings.length} data quality warnings: see the run.`;
    const message = `Trained ${model_name} version ${version} in ${durationText(duration_ms)}: accuracy ${metricText(metrics.accuracy)}.${doubts}`;
    void dialogs.say(message, OPEN_RUN, TO_STAGING).then(async (answer) => {
      if (answer === OPEN_RUN) panels.openRun(project, run_id, `Version ${version}`);
      if (answer === TO_STAGING) await vscode.commands.executeCommand('gnuMlops.deployStaging', { version });
    });
    return result;
  },
};

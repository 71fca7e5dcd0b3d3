import { infoReport } from '../documents/info-report.ts';
import { validationReport } from '../documents/validation-report.ts';
import { withProgress } from '../editor/progress.ts';
import { requireProject } from '../editor-session.ts';
import type { CommandDefinition } from './command.ts';

/** What is in production, since when, by whom and why; and everything that led there. */
export const info: CommandDefinition = {
  id: 'gnuMlops.info',
  title: 'Show Production Info and History',
  icon: '$(info)',
  menus: [{ menu: 'view/title', when: 'view == gnuMlops.registry && gnuMlops.hasConfig', group: 'navigation@1' }],
  run: async (session) => {
    const result = await session.engine.api.info(requireProject(session), {});
    await session.documents.showMarkdown(`${result.model_name} in production`, infoReport(result));
    return result;
  },
};

/** What was in production on a day. */
export const infoAt: CommandDefinition = {
  id: 'gnuMlops.infoAt',
  title: 'Show Production on a Date...',
  run: async (session) => {
    const at = await session.dialogs.ask({
      title: 'What was in production?',
      prompt: 'A day (its end is meant), or an exact time such as 2026-03-01T12:00Z',
      value: new Date().toLocaleDateString('sv-SE'),
    });
    if (at === undefined) return undefined;
    const result = await session.engine.api.info(requireProject(session), { at });
    await session.documents.showMarkdown(`${result.model_name} in production on ${at}`, infoReport(result));
    return result;
  },
};

/** Checks config.yaml against schema and reality. */
export const validate: CommandDefinition = {
  id: 'gnuMlops.validate',
  title: 'Validate Configuration',
  icon: '$(checklist)',
  run: async (session) => {
    const project = requireProject(session);
    const result = await withProgress('Validating', () => session.engine.api.validate(project));
    const errors = result.checks.filter(({ status }) => status === 'error').length;
    const warnings = result.checks.filter(({ status }) => status === 'warning').length;
    await session.documents.showMarkdown('Set-up check', validationReport(result, project.configFile));
    if (errors + warnings === 0) void session.dialogs.say(`All ${result.checks.length} checks passed.`);
    else void session.dialogs.warn(`${errors} errors, ${warnings} warnings: see the set-up check.`);
    return result;
  },
};

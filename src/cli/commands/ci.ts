import path from 'node:path';
import { type Command, Option } from 'commander';
import { pipelineSummary } from '../../engine/ci/summary.ts';
import { type CiProvider, type CiResult, writePipeline } from '../../engine/ci/write-pipeline.ts';
import type { Dispatch } from '../program.ts';

interface Flags {
  provider: CiProvider;
  output?: string;
  force?: boolean;
  summary?: boolean;
}

/** `gnu-mlops ci` */
export function addCi(program: Command, dispatch: Dispatch): Command {
  return program
    .command('ci')
    .description('write the pipeline that validates, trains and deploys in CI')
    .addOption(new Option('--provider <name>', 'whose pipeline').choices(['github', 'gitlab']).default('github'))
    .option('--output <file>', 'where; where the provider looks for it unless given')
    .option('--force', 'replace a file that is there')
    .option('--summary', 'print the newest run and what is in each stage as Markdown, for the page of a pipeline')
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        if (flags.summary) {
          const summary = await pipelineSummary(await context.projectToReadIfStored(), context.config().config);
          return { document: summary, text: summary.markdown };
        }
        const { provider, output, force } = flags;
        const { env } = context.terminal;
        const result = writePipeline({ configFile: context.options.config, env, provider, output, force });
        return { document: result, text: ciText(result) };
      }),
    );
}

const VERBS: Record<CiResult['status'], string> = { created: 'made', replaced: 'replaced', unchanged: 'unchanged' };

function ciText({ status, provider, file, secrets }: CiResult): string {
  const place = provider === 'github' ? 'secrets of the repository' : 'CI/CD variables of the project, masked';
  const variable = provider === 'github' ? 'a secret of the repository' : 'a CI/CD variable of the project';
  return [
    `${VERBS[status]}  ${path.relative('', file)}`,
    '',
    `It takes these from the ${place}, as far as they are set: ${secrets.join(', ')}.`,
    '',
    `IMPORTANT: gnu-mlops is not published on npm. The pipeline stops until you set GNU_MLOPS_PACKAGE (${variable}) to a path, a tarball or a git address of it; never to the bare name, which may be somebody else's package.`,
    'Next: set it, then commit and push the file.',
  ].join('\n');
}

import { type Finding, formatFinding } from '../../../src/engine/config/finding.ts';
import { type Environment, inspectConfig, type LoadedConfig } from '../../../src/engine/config/load.ts';
import { parseSetFlag } from '../../../src/engine/config/overrides.ts';

/** What becomes of the text of a config.yaml, with `--set` flags and an environment (none unless given). */
export function inspectText(text: string, set: string[] = [], env: Environment = {}): LoadedConfig {
  return inspectConfig({ file: '/project/config.yaml', text, overrides: set.map(parseSetFlag), env });
}

/** The findings as people read them. */
export function messagesOf({ findings }: { findings: Finding[] }): string[] {
  return findings.map((finding) => formatFinding('config.yaml', finding));
}

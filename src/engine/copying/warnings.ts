import { DESCRIPTION, versionTags } from './copy-tags.ts';
import type { Following } from './following.ts';
import type { CopiedExperiment, CopiedModel, CopiedTags } from './results.ts';
import type { SelectedModel } from './selection.ts';

/** What stays behind of a model, and why. */
export function remarksOn(
  { targetName: name, versions }: SelectedModel,
  { differences, keptTags: kept }: Following,
  eventsLeft: number,
): string[] {
  const tags = versions.flatMap(({ version, tags }) => {
    const { refused } = versionTags({ tags });
    return refused.length === 0 ? [] : [`${refused.join(', ')} of version ${version}`];
  });
  const count = (kind: string) => `${eventsLeft} ${kind}${eventsLeft === 1 ? 'event' : 'events'}`;
  const events = eventsLeft === 0 ? '' : `; ${count('newer ')} stayed behind`;
  return [
    ...(tags.length === 0 ? [] : [`${name}: tags that not every MLflow takes stayed behind: ${tags.join('; ')}.`]),
    ...[...kept].flatMap(([version, keys]) => keptTags(`version ${version} of ${name}`, { kept: keys })),
    ...(differences.length === 0
      ? eventsLeft === 0
        ? []
        : [`${name}: its history of versions that did not come along stays behind until they do: ${count('')}.`]
      : [`${name}: its stages and history in the target stay as they are: ${differences.join(', ')}${events}.`]),
  ];
}

/** The target's own words stay. */
function keptTags(name: string, { kept }: Pick<CopiedTags, 'kept'>): string[] {
  const words = kept.map((key) => (key === DESCRIPTION ? 'its description' : `tag ${key}`));
  return words.length > 0 ? [`${name}: the target says something else and stays as it is: ${words.join(', ')}.`] : [];
}

export function warningsAbout(experiments: CopiedExperiment[], models: CopiedModel[], remarks: string[]): string[] {
  const running = experiments
    .filter((each) => each.running > 0)
    .map(({ name, running }) => `${name}: ${running} of its runs go on; copy again when they have ended.`);
  const said = experiments.flatMap(({ name, tags }) => keptTags(`experiment ${name}`, tags));
  const about = models.flatMap(({ target_name: name, versions, aliases, tags }) => {
    const renumbered = versions
      .filter(({ from, to }) => to !== null && to !== from)
      .map(({ from, to }) => `${from} is ${to}`);
    const skipped = versions.filter(({ status }) => status === 'skipped').map(({ from }) => from);
    const failed = versions.flatMap(({ from, error }) =>
      error === undefined ? [] : [`version ${from} of ${name} was not copied: ${error}.`],
    );
    const kept = aliases
      .filter(({ status }) => status === 'kept')
      .map(({ alias, version }) => `${alias} at ${version === null ? 'no version' : `version ${version}`}`);
    return [
      ...(renumbered.length > 0 ? [`${name}: versions have other numbers: ${renumbered.join(', ')}.`] : []),
      ...(skipped.length > 0 ? [`${name}: versions that are not ready were left out: ${skipped.join(', ')}.`] : []),
      ...(kept.length > 0 ? [`${name}: the target's own aliases stay: ${kept.join(', ')}.`] : []),
      ...failed,
      ...keptTags(name, tags),
    ];
  });
  return [...running, ...said, ...about, ...remarks];
}

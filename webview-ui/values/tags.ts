// Tags by who wrote them: people and this product, or MLflow for itself.

/** The text a person wrote about the run. */
export const NOTE_TAG = 'mlflow.note.content';
export const COMMIT_TAG = 'mlflow.source.git.commit';
/** Why a run failed, as this product records it. */
export const ERROR_TAG = 'gnu_mlops.error';
/** Which process made the run, as JSON for other processes. */
const OWNER_TAG = 'gnu_mlops.owner';

/** Whether a tag is MLflow's own bookkeeping. */
export function isInternalTag(name: string): boolean {
  return name.startsWith('mlflow.');
}

/** Whether a tag differs between any two runs and says nothing about the model; the command line leaves out the same. */
export function isBookkeepingTag(name: string): boolean {
  return isInternalTag(name) || name === OWNER_TAG || name === 'gnu_mlops.model_digest';
}

/** A tag's text for people: the owner of a run as "process 4711 on build-7". */
export function tagText(name: string, text: string): string {
  if (name !== OWNER_TAG) return text;
  try {
    const { pid, host } = JSON.parse(text) as Record<string, unknown>;
    return `process ${pid} on ${host}`;
  } catch {
    return text;
  }
}

import { readFileSync } from 'node:fs';

/**
 * Name of the loader module in a model's code/ folder. The version is part of the name, so that models of different
 * ages load side by side in one Python process.
 */
export const LOADER_MODULE = 'gnu_mlops_pyfunc_v1';

/** Python source of the loader. The bundle keeps python/ beside its scripts, as this folder does. */
export function loaderSource(): string {
  return readFileSync(new URL(`./python/${LOADER_MODULE}.py`, import.meta.url), 'utf8');
}

declare module 'write-file-atomic' {
  /** Writes beside `file`, flushes, renames; keeps mode and owner of a file that it replaces. */
  export function sync(
    file: string,
    content: string | Uint8Array,
    options?: { mode?: number; encoding?: string },
  ): void;
}

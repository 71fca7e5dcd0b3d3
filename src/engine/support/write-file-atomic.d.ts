declare module 'write-file-atomic' {
  const writeFileAtomic: { sync(file: string, content: string | Uint8Array): void };
  export default writeFileAtomic;
}

#!/usr/bin/env node
// Plain JavaScript that every Node can read, so that an old one gets a sentence instead of a stack.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`gnu-mlops needs Node 22.18 or newer and found ${process.versions.node}: install a newer Node.`);
  process.exit(2);
}
await import('../dist/cli.js');

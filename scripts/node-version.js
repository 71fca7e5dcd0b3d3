// Plain JavaScript, because it must run on every Node: older ones cannot even read the TypeScript of the other scripts.
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `These scripts need Node 24 and found ${process.versions.node}: run "npm ci" without --ignore-scripts, which installs it in the project.`,
  );
  process.exit(1);
}

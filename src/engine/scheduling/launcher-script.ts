/** What a launcher runs, as absolute paths. */
export interface LauncherFacts {
  /** Node, or an editor that can be one. */
  node: string;
  /** `bin/gnu-mlops.js`. */
  command: string;
  /** `node` is an editor, which has to be told that it is Node this time. */
  isEditor: boolean;
}

/** The oldest Node that runs the command, as `bin/gnu-mlops.js` also says. */
const OLDEST = { major: 22, minor: 18 };

/**
 * The launcher for POSIX shells. It starts the recorded Node; when that is gone it looks for another good one where Node and
 * editors are usually found, and says so on standard error and in `launcher.log` beside the folder of the script.
 */
export function shellLauncher({ node, command, isEditor }: LauncherFacts): string {
  return `#!/bin/sh
# gnu-mlops: starts the command line of GNU MLOps. Written by "gnu-mlops schedule install"; run that again after moving things.
node=${quoted(node)}
command=${quoted(command)}

say() {
  echo "gnu-mlops: $1" >&2
  log=$(dirname "$0")/../launcher.log
  { echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $1" >>"$log"; } 2>/dev/null || true
}

# An extension that was updated lies in a folder of another name.
if [ ! -f "$command" ]; then
  recorded=$command
  for found in ${siblings(command)}; do
    if [ -f "$found" ]; then command=$found; fi
  done
  if [ ! -f "$command" ]; then
    say "$recorded is gone. Run \\"gnu-mlops schedule install\\" where it is now, or \\"Install Command Line\\" in the editor."
    exit 1
  fi
fi

if [ -x "$node" ]; then
${isEditor ? '  export ELECTRON_RUN_AS_NODE=1\n' : ''}  exec "$node" "$command" "$@"
fi

good() {
  [ -x "$1" ] && "$1" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > ${OLDEST.major} || (a == ${OLDEST.major} && b >= ${OLDEST.minor}) ? 0 : 1)' 2>/dev/null
}

for found in "$(command -v node 2>/dev/null)" \\
  "$(dirname "$command")"/../node_modules/node/bin/node \\
  "$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.volta/bin/node "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node \\
  "$HOME"/.local/bin/node /usr/local/bin/node /usr/bin/node /opt/homebrew/bin/node /usr/local/lib/nodejs/*/bin/node \\
  "$HOME"/.vscode-server/cli/servers/*/server/node "$HOME"/.vscode-server/bin/*/node \\
  "$HOME"/.vscode-server-insiders/cli/servers/*/server/node "$HOME"/.cursor-server/bin/*/node \\
  "$HOME"/.local/lib/code-server*/lib/node /usr/lib/code-server/lib/node; do
  if good "$found"; then
    say "$node is gone; using $found. Run \\"gnu-mlops schedule install\\" to record it."
    exec "$found" "$command" "$@"
  fi
done
say "$node is gone, and no Node ${OLDEST.major}.${OLDEST.minor} or newer was found. Install one, then run: gnu-mlops schedule install"
exit 1
`;
}

/** The launcher for Windows, with the same behaviour as {@link shellLauncher}. */
export function batchLauncher({ node, command, isEditor }: LauncherFacts): string {
  const lines = [
    '@echo off',
    'rem gnu-mlops: starts the command line of GNU MLOps. Written by "gnu-mlops schedule install".',
    'setlocal',
    `set "NODE=${escaped(node)}"`,
    `set "COMMAND=${escaped(command)}"`,
    'if not exist "%COMMAND%" (',
    '  call :say "%COMMAND% is gone. Run gnu-mlops schedule install where it is now."',
    '  exit /b 1',
    ')',
    'if exist "%NODE%" (',
    ...(isEditor ? ['  set "ELECTRON_RUN_AS_NODE=1"'] : []),
    '  "%NODE%" "%COMMAND%" %*',
    '  exit /b',
    ')',
    'for %%N in (node.exe) do if not "%%~$PATH:N"=="" call :try "%%~$PATH:N" && goto run',
    'for %%N in ("%ProgramFiles%\\nodejs\\node.exe" "%LOCALAPPDATA%\\Programs\\nodejs\\node.exe" "%NVM_SYMLINK%\\node.exe") do call :try %%N && goto run',
    `call :say "%NODE% is gone, and no Node ${OLDEST.major}.${OLDEST.minor} or newer was found. Install one, then run: gnu-mlops schedule install"`,
    'exit /b 1',
    ':run',
    'call :say "the recorded Node is gone; using %NODE%. Run gnu-mlops schedule install to record it."',
    '"%NODE%" "%COMMAND%" %*',
    'exit /b',
    ':try',
    'if not exist "%~1" exit /b 1',
    `"%~1" -e "const [a, b] = process.versions.node.split('.'); process.exit(a > ${OLDEST.major} || (a == ${OLDEST.major} && b >= ${OLDEST.minor}) ? 0 : 1)" || exit /b 1`,
    'set "NODE=%~1"',
    'exit /b 0',
    ':say',
    'echo gnu-mlops: %~1 1>&2',
    'echo %DATE% %TIME% %~1>>"%~dp0..\\launcher.log"',
    'exit /b 0',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** A word for POSIX shells, whatever characters it holds. */
export function quoted(word: string): string {
  return /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** In a batch file a percent sign is written twice. */
function escaped(file: string): string {
  return file.replaceAll('%', '%%');
}

/** `.../extensions/gnu-mlops.gnu-mlops-*` for a command inside an extension, as a pattern of the shell; else nothing more. */
function siblings(command: string): string {
  const match = /^(.*\/)([^/]+-)\d+\.\d+\.\d+[^/]*(\/bin\/gnu-mlops\.js)$/.exec(command);
  return match ? `${quoted(match[1] + match[2]!)}*${quoted(match[3]!)}` : '"$command"';
}

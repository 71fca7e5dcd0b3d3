/**
 * Why nothing is installed by name: one plain sentence that needs no quoting in a shell. A registry's package of the same name
 * would be given the operator's secrets.
 */
export const PACKAGE_UNSET =
  'GNU_MLOPS_PACKAGE is not set. gnu-mlops is not published on npm, so a package of that name there is by somebody else: set GNU_MLOPS_PACKAGE to a path, a tarball or a git address of gnu-mlops.';

/** Lines of a POSIX shell script that end it when the package is not named. */
export const PACKAGE_GUARD = [
  'if [ -z "$GNU_MLOPS_PACKAGE" ]; then',
  `  echo "${PACKAGE_UNSET}" >&2`,
  '  exit 1',
  'fi',
];

/** Lines of a POSIX shell script that install the package, unless the command is there already. */
export const INSTALL_PACKAGE = [
  'if ! command -v gnu-mlops; then',
  ...PACKAGE_GUARD.map((line) => `  ${line}`),
  '  npm install --global "$GNU_MLOPS_PACKAGE"',
  'fi',
];

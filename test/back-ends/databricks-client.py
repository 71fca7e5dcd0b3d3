# Drives a workspace with Databricks' own clients, as their documentation does, and prints what they made of its answers.
import base64
import io
import json
import os
import sys
import tempfile
import traceback

import mlflow
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service import compute, jobs, serving, sql
from databricks.sdk.service.catalog import VolumeType
from databricks.sdk.service.workspace import ImportFormat
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

EXPERIMENT = "/Shared/gnu_mlops/from-python"
MODEL = "main.ml.churn"
MLMODEL = """\
artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.pyfunc.model
    python_version: 3.12.0
model_uuid: 0123456789abcdef0123456789abcdef
signature:
  inputs: '[{"name": "age", "type": "double"}]'
  outputs: '[{"name": "prediction", "type": "long"}]'
"""

mlflow.set_tracking_uri("databricks")
mlflow.set_registry_uri("databricks-uc")
workspace = WorkspaceClient()
client = MlflowClient(tracking_uri="databricks", registry_uri="databricks-uc")


def tracking():
    workspace.workspace.mkdirs("/Shared/gnu_mlops")
    experiment_id = client.create_experiment(EXPERIMENT)
    run = client.create_run(experiment_id, run_name="first", tags={"team": "ops"})
    run_id = run.info.run_id
    client.log_batch(
        run_id,
        metrics=[Metric("accuracy", 0.9, 10, 0), Metric("loss", float("nan"), 10, 1)],
        params=[Param("depth", "3")],
        tags=[RunTag("note", "good")],
    )
    client.log_metric(run_id, "accuracy", 0.95, step=1)
    client.log_param(run_id, "leaves", 7)
    client.set_tag(run_id, "team", "data")
    client.log_text(run_id, "hello", "plots/a.txt")
    client.set_terminated(run_id)
    found = client.search_runs([experiment_id], "metrics.accuracy > 0.9 and tags.team = 'data'")
    back = client.get_run(run_id)
    return {
        "run_id": run_id,
        "found": [each.info.run_id for each in found],
        "status": back.info.status,
        "params": back.data.params,
        "accuracy": back.data.metrics["accuracy"],
        "history": [each.value for each in client.get_metric_history(run_id, "accuracy")],
        "by_name": client.get_experiment_by_name(EXPERIMENT).experiment_id == experiment_id,
        "names": [each.name for each in client.search_experiments()],
        "artifacts": [each.path for each in client.list_artifacts(run_id, "plots")],
        "text": mlflow.artifacts.load_text(f"{back.info.artifact_uri}/plots/a.txt"),
        "user": workspace.current_user.me().user_name,
    }


def registry():
    """Registers a model twice, moves an alias and reads everything back."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    run_id = client.create_run(experiment.experiment_id).info.run_id
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "MLmodel"), "w") as file:
            file.write(MLMODEL)
        with open(os.path.join(folder, "model.onnx"), "wb") as file:
            file.write(b"onnx" * 1000)
        open(os.path.join(folder, "empty.txt"), "w").close()
        client.log_artifacts(run_id, folder, "model")
    versions = [mlflow.register_model(f"runs:/{run_id}/model", MODEL, tags={"team": "ops"}) for _ in range(2)]
    client.set_registered_model_alias(MODEL, "Champion", versions[1].version)
    client.set_model_version_tag(MODEL, "1", "note", "old")
    client.update_model_version(MODEL, "1", description="the first")
    by_alias = client.get_model_version_by_alias(MODEL, "Champion")
    client.set_registered_model_alias(MODEL, "Passing", "1")
    client.delete_registered_model_alias(MODEL, "Passing")
    first = client.get_model_version(MODEL, "1")
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(f"models:/{MODEL}@Champion", dst_path=folder)
        files = sorted(name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name)))
    return {
        "versions": [each.version for each in versions],
        "status": client.get_model_version(MODEL, "2").status,
        "champion": by_alias.version,
        "aliases": dict(client.get_registered_model(MODEL).aliases),
        "tags": first.tags,
        "description": first.description,
        "found": sorted(each.version for each in client.search_model_versions(f"name='{MODEL}'")),
        "models": [each.name for each in client.search_registered_models()],
        "files": [name for name in files if name != "registered_model_meta"],
    }


def colleague():
    """Looks at what gnu-mlops wrote, then moves its alias."""
    model = client.get_registered_model(MODEL)
    champion = client.get_model_version_by_alias(MODEL, "GNU_Production")
    run = client.get_run(champion.run_id)
    dataset = run.inputs.dataset_inputs[0].dataset
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(f"models:/{MODEL}@GNU_Production", dst_path=folder)
        files = sorted(name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name)))
        with open(os.path.join(path, "MLmodel")) as file:
            signed = "signature:" in file.read()
    events = client.get_experiment_by_name("/Shared/gnu_mlops/breast_cancer_events")
    kinds = [each.data.tags["gnu_mlops.event.kind"] for each in client.search_runs([events.experiment_id])]
    client.set_registered_model_alias(MODEL, "GNU_Production", "2")
    return {
        "aliases": dict(model.aliases),
        "champion": champion.version,
        "accuracy": run.data.metrics["accuracy"],
        "dataset": [dataset.source_type, json.loads(dataset.source)],
        "files": [name for name in files if name != "registered_model_meta"],
        "signed": signed,
        "kinds": kinds,
    }


def files():
    volume = "/Volumes/main/ml/from_python"
    workspace.volumes.create("main", "ml", "from_python", VolumeType.MANAGED)
    workspace.volumes.read("main.ml.from_python")
    workspace.files.create_directory(f"{volume}/in/deep")
    workspace.files.upload(f"{volume}/in/a b.csv", io.BytesIO(b"x,y\n1,2\n"), overwrite=True)
    listed = [each.path for each in workspace.files.list_directory_contents(f"{volume}/in")]
    text = workspace.files.download(f"{volume}/in/a b.csv").contents.read().decode()
    size = workspace.files.get_metadata(f"{volume}/in/a b.csv").content_length
    workspace.files.delete(f"{volume}/in/a b.csv")
    workspace.files.delete_directory(f"{volume}/in/deep")
    workspace.files.get_directory_metadata(volume)
    with workspace.dbfs.open("/FileStore/a.bin", write=True, overwrite=True) as file:
        file.write(b"x" * 1_500_000)
    with workspace.dbfs.open("/FileStore/a.bin", read=True) as file:
        dbfs = len(file.read())
    script = base64.b64encode(b"print(1)").decode()
    workspace.workspace.import_("/Shared/gnu_mlops/job.py", content=script, format=ImportFormat.AUTO, overwrite=True)
    objects = [each.path for each in workspace.workspace.list("/Shared/gnu_mlops")]
    return {"listed": listed, "text": text, "size": size, "dbfs": dbfs, "objects": objects}


def settings(hour):
    return {
        "name": "gnu-mlops: from python",
        "tags": {"managed-by": "python"},
        "max_concurrent_runs": 1,
        "queue": jobs.QueueSettings(enabled=True),
        "schedule": jobs.CronSchedule(f"0 0 {hour} * * ?", "Europe/Berlin", pause_status=jobs.PauseStatus.PAUSED),
        "email_notifications": jobs.JobEmailNotifications(on_failure=["ops@example.com"]),
        "environments": [
            jobs.JobEnvironment("default", compute.Environment(environment_version="4", dependencies=["mlflow>=3"]))
        ],
        "tasks": [
            jobs.Task(
                task_key="train",
                environment_key="default",
                timeout_seconds=7200,
                spark_python_task=jobs.SparkPythonTask(
                    "/Workspace/Shared/gnu_mlops/job.py", parameters=["--table", "main.ml.churn"]
                ),
            )
        ],
    }


def job():
    job_id = workspace.jobs.create(**settings(2)).job_id
    neighbour = workspace.jobs.create(**settings(3)).job_id
    workspace.jobs.reset(job_id, jobs.JobSettings(**settings(4)))
    first = workspace.jobs.run_now(job_id, idempotency_token="once", python_params=["--fast"])
    again = workspace.jobs.run_now(job_id, idempotency_token="once")
    run = workspace.jobs.wait_get_run_job_terminated_or_skipped(first.run_id)
    output = workspace.jobs.get_run_output(run.tasks[0].run_id)
    try:
        workspace.jobs.get(12)
        lost = None
    except DatabricksError as error:
        lost = type(error).__name__
    return {
        "beyond": job_id > 2**53 and float(job_id) == float(neighbour),
        "distinct": job_id != neighbour,
        "schedule": workspace.jobs.get(job_id).settings.schedule.quartz_cron_expression,
        "listed": [each.job_id for each in workspace.jobs.list(name="gnu-mlops: from python")] == [job_id, neighbour],
        "same": first.run_id == again.run_id,
        "result": run.state.result_state.value,
        "runs": [each.run_id for each in workspace.jobs.list_runs(job_id=job_id)] == [first.run_id],
        "logs": output.logs,
        "lost": lost,
    }


def statement():
    run = workspace.statement_execution.execute_statement
    warehouse = next(iter(workspace.warehouses.list()))
    inline = run("SELECT id, fee FROM main.ml.churn", warehouse.id, wait_timeout="30s")
    rows = list(inline.result.data_array)
    index = inline.result.next_chunk_index
    while index is not None:
        chunk = workspace.statement_execution.get_statement_result_chunk_n(inline.statement_id, index)
        rows += chunk.data_array
        index = chunk.next_chunk_index
    linked = run("SELECT * FROM main.ml.churn LIMIT 3", warehouse.id, disposition=sql.Disposition.EXTERNAL_LINKS)
    failed = run("SELECT * FROM main.ml.nothing", warehouse.id)
    slow = run("SELECT * FROM main.ml.churn", warehouse.id, wait_timeout="0s")
    workspace.statement_execution.cancel_execution(slow.statement_id)
    return {
        "rows": len(rows),
        "first": rows[0],
        "columns": [column.type_name.value for column in inline.manifest.schema.columns],
        "links": len(linked.result.external_links),
        "failed": failed.status.error.message,
        "cancelled": workspace.statement_execution.get_statement(slow.statement_id).status.state.value,
    }


def endpoint():
    def entity(version):
        return serving.ServedEntityInput(
            entity_name=MODEL,
            entity_version=version,
            name=f"churn-{version}",
            workload_size="Small",
            scale_to_zero_enabled=True,
        )

    config = serving.EndpointCoreConfigInput(name="churn", served_entities=[entity("1")])
    made = workspace.serving_endpoints.create_and_wait(name="churn", config=config)
    split = serving.TrafficConfig(
        [serving.Route(90, served_entity_name="churn-1"), serving.Route(10, served_entity_name="churn-2")]
    )
    changed = workspace.serving_endpoints.update_config_and_wait(
        "churn", served_entities=[entity("1"), entity("2")], traffic_config=split
    )
    data = serving.DataframeSplitInput(columns=["age"], data=[[1.0], [2.0]])
    answer = workspace.serving_endpoints.query("churn", dataframe_split=data)
    return {
        "ready": made.state.ready.value,
        "traffic": [route.traffic_percentage for route in changed.config.traffic_config.routes],
        "predictions": len(answer.predictions),
        "listed": [each.name for each in workspace.serving_endpoints.list()],
    }


def attempt(part):
    try:
        return part()
    except Exception:
        return {"error": traceback.format_exc()}


parts = {part.__name__: part for part in [colleague, tracking, registry, files, job, statement, endpoint]}
print(json.dumps({name: attempt(parts[name]) for name in sys.argv[1:]}))

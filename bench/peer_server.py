"""The Python side of the benchmarks against a server: one JSON message per line in and out. Only the work itself is timed."""

import json
import resource
import sys
import time

from mlflow import MlflowClient
from mlflow.entities import Metric

client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name("bench")
experiment_id = experiment.experiment_id if experiment else client.create_experiment("bench")


def new_run():
    return client.create_run(experiment_id, run_name="peer").info.run_id


def upload(message):
    run_id = new_run()
    return timed(lambda: client.log_artifact(run_id, message["file"]))


def log_batch(message):
    """MLflow takes a thousand metrics in one request."""
    run_id = new_run()
    metrics = [Metric("loss", 1 / (step + 1), 1, step) for step in range(message["metrics"])]
    batches = [metrics[start : start + 1000] for start in range(0, len(metrics), 1000)]
    return timed(lambda: [client.log_batch(run_id, batch) for batch in batches])


def search(message):
    big = client.get_experiment_by_name("big").experiment_id
    order = ["metrics.m1 DESC"]
    return timed(lambda: client.search_runs([big], "metrics.m0 > 0.5", order_by=order, max_results=1000))


def tree(message):
    """What a script asks to show what a view shows: experiments, models, the first page of runs."""
    big = client.get_experiment_by_name("big").experiment_id

    def ask():
        client.search_experiments()
        client.search_registered_models()
        client.search_runs([big], order_by=["attributes.start_time DESC"], max_results=50)

    return timed(ask)


def memory(message):
    return {"peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def timed(work):
    start = time.perf_counter()
    work()
    return {"seconds": time.perf_counter() - start}


commands = {"upload": upload, "log_batch": log_batch, "search": search, "tree": tree, "memory": memory}
for line in sys.stdin:
    message = json.loads(line)
    print(json.dumps(commands[message["command"]](message)), flush=True)

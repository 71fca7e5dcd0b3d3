"""What a Python colleague does with models: scores CSV files with them, straight from pandas.read_csv.

Arguments: a JSON file with jobs, the tracking URI. Answers are printed as JSON, one per job.
"""

import json
import logging
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

import mlflow  # noqa: E402
import onnx  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402


def columns(schema):
    return [{"name": c.name, "type": c.type.name, "required": c.required} for c in schema.inputs]


def plain(values):
    return [value.item() if hasattr(value, "item") else value for value in values]


def score(model_uri, csv, target=None):
    """Predictions for the rows of a CSV file, and what MLflow thinks of the model."""
    model = mlflow.pyfunc.load_model(model_uri)
    frame = pd.read_csv(csv)
    answer = model.predict(frame)
    features = frame.drop(columns=[target]) if target else frame
    return {
        "outputs": {name: plain(answer[name]) for name in answer.columns},
        "signature": columns(model.metadata.signature.inputs),
        "output_signature": columns(model.metadata.signature.outputs),
        "inferred": columns(infer_signature(features).inputs),
    }


def check(model_uri):
    """The ONNX graph by onnx's own checker, and through the onnx flavor."""
    graph = mlflow.onnx.load_model(model_uri)
    onnx.checker.check_model(graph, full_check=True)
    return {"inputs": [value.name for value in graph.graph.input], "outputs": [v.name for v in graph.graph.output]}


def example(model_uri):
    """The stored input example, as MLflow gives it to people."""
    model = mlflow.pyfunc.load_model(model_uri)
    return {"rows": len(model.predict(model.input_example))}


def register(name, version):
    """A colleague registers a copy of a version and gives it aliases."""
    client = MlflowClient()
    source = client.get_model_version(name, version)
    made = client.create_model_version(name, source.source, source.run_id)
    client.set_registered_model_alias(name, "champion", made.version)
    client.set_model_version_tag(name, made.version, "by", "python")
    return {"version": str(made.version)}


def promote(name, version):
    MlflowClient().set_registered_model_alias(name, "GNU_Production", version)
    return {}


def aliases(name):
    model = MlflowClient().get_registered_model(name)
    return {alias: str(version) for alias, version in model.aliases.items()}


FUNCTIONS = {each.__name__: each for each in (score, check, example, register, promote, aliases)}


def answer(name, *arguments):
    try:
        return FUNCTIONS[name](*arguments)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    mlflow.set_tracking_uri(sys.argv[2])
    with open(sys.argv[1], encoding="utf8") as file:
        answers = [answer(*job) for job in json.load(file)]
    print("\n" + json.dumps(answers))


main()

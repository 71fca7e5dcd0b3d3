"""How pandas reads CSV files and what MLflow calls their columns: one JSON answer per file of a folder, in name order."""

import json
import math
import os
import sys
import warnings

import pandas as pd

warnings.simplefilter("ignore")

from mlflow.models import infer_signature  # noqa: E402


def plain(value):
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    value = value.item() if hasattr(value, "item") else value
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def answer(path):
    frame = pd.read_csv(path)
    types = {column.name: column.type.name for column in infer_signature(frame).inputs.inputs}
    return {name: {"type": types[name], "values": [plain(value) for value in frame[name]]} for name in frame.columns}


folder = sys.argv[1]
print(json.dumps([answer(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]))

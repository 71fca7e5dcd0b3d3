"""Scores a GNU MLOps model folder for mlflow.pyfunc.

MLflow's own ONNX loader cannot pass pandas 3 text columns, or text columns with gaps, to onnxruntime; this one can.
Written by GNU MLOps; MIT licence.
"""

import os
import sys

import numpy as np
import onnxruntime
import pandas as pd

_NUMPY_TYPES = {
    "tensor(int64)": np.int64,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(bool)": bool,
}


def _session_options():
    options = onnxruntime.SessionOptions()
    if "pyspark" in sys.modules and "SPARK_ENV_LOADED" in os.environ:
        # A Spark executor already runs one Python worker per core.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
    return options


def _feed(column, onnx_type):
    if onnx_type == "tensor(string)":
        return np.array(["" if pd.isna(value) else str(value) for value in column], dtype=object)
    if onnx_type == "tensor(float)":
        return column.to_numpy(dtype=np.float64, na_value=np.nan).astype(np.float32)
    return column.to_numpy(dtype=_NUMPY_TYPES[onnx_type])


class Model:
    """The pipeline as one onnxruntime session; one input of shape [N] per feature column."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path, _session_options(), providers=["CPUExecutionProvider"])

    def predict(self, data, params=None):
        frame = data if isinstance(data, pd.DataFrame) else pd.DataFrame(data)
        absent = pd.Series(np.nan, index=frame.index)
        feeds = {}
        for value in self.session.get_inputs():
            column = frame[value.name] if value.name in frame.columns else absent
            feeds[value.name] = _feed(column, value.type)
        names = [value.name for value in self.session.get_outputs()]
        return pd.DataFrame(dict(zip(names, self.session.run(names, feeds))), index=frame.index)


def _load_pyfunc(path):
    return Model(path)

"""The Python side of the benchmarks: one process per measurement, one JSON message per line in and out.

Only the work itself is timed: imports, reading files and writing scores happen outside.
"""

import json
import os
import sys
import time

import numpy as np


def generate(message):
    """Writes every data set: X (float32, row by row) and y (uint8), for learning and held out."""
    from sklearn.datasets import load_breast_cancer, make_classification
    from sklearn.model_selection import train_test_split

    for rows in message["rows"]:
        held_out = rows // 4
        X, y = make_classification(
            rows + held_out, 20, n_informative=10, n_redundant=4, flip_y=0.05, random_state=0
        )
        write(message["folder"], f"synthetic-{rows}", train_test_split(X, y, test_size=held_out, stratify=y, random_state=0))
    X, y = load_breast_cancer(return_X_y=True)
    write(message["folder"], "breast-cancer", train_test_split(X, y, test_size=0.2, stratify=y, random_state=0))
    return {}


def write(folder, name, parts):
    for suffix, part, dtype in zip(("train.x", "test.x", "train.y", "test.y"), parts, ("f4", "f4", "u1", "u1")):
        part.astype(dtype).tofile(os.path.join(folder, f"{name}.{suffix}"))
    shape = {"features": parts[0].shape[1], "trainRows": len(parts[0]), "testRows": len(parts[1])}
    with open(os.path.join(folder, f"{name}.json"), "w") as file:
        json.dump(shape, file)


class Peer:
    """scikit-learn's learners and onnxruntime on one data set."""

    def load(self, message):
        stem = os.path.join(message["folder"], message["data"])
        with open(f"{stem}.json") as file:
            features = json.load(file)["features"]
        self.train, self.test = (np.fromfile(f"{stem}.{part}.x", "f4").reshape(-1, features) for part in ("train", "test"))
        self.labels = np.fromfile(f"{stem}.train.y", "u1")
        return {}

    def fit(self, message):
        import sklearn.ensemble

        self.model = getattr(sklearn.ensemble, message["learner"])(**message["parameters"], random_state=message["seed"])
        return timed(lambda: self.model.fit(self.train, self.labels))

    def scores(self, message):
        self.model.predict_proba(self.test)[:, 1].astype("f4").tofile(message["file"])
        return {}

    def predict(self, _message):
        self.model.n_jobs = 1
        return timed(lambda: self.model.predict_proba(self.train))

    def load_onnx(self, message):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(message["file"], options, providers=["CPUExecutionProvider"])
        self.columns = {each.name: np.ascontiguousarray(self.train[:, i]) for i, each in enumerate(self.session.get_inputs())}
        return {}

    def predict_onnx(self, message):
        start = time.perf_counter()
        (probability,) = self.session.run(["probability"], self.columns)
        seconds = time.perf_counter() - start
        probability.tofile(message["file"])
        return {"seconds": seconds}

    def memory(self, _message):
        return {"peakMegabytes": peak_megabytes()}


def timed(work):
    start = time.perf_counter()
    work()
    return {"seconds": time.perf_counter() - start}


def peak_megabytes():
    """Most memory this process ever held, or None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main():
    peer = Peer()
    for line in sys.stdin:
        message = json.loads(line)
        command = message["command"]
        handle = generate if command == "generate" else getattr(peer, command)
        print(json.dumps(handle(message)), flush=True)


main()

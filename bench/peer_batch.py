"""The nightly script that a Python shop has: pandas in chunks of 10,000 rows, a scikit-learn pipeline, CSV out.

fit FOLDER             trains on FOLDER/data/train.csv and keeps the pipeline
score FOLDER OUT FILE  scores every CSV file of FOLDER (or FILE alone) into OUT; prints seconds and the most memory held
"""

import json
import os
import pickle
import resource
import sys
import time

import pandas as pd


def fit(folder):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = pd.read_csv(os.path.join(folder, "data/train.csv"))
    forest = RandomForestClassifier(100, max_depth=10, n_jobs=-1, random_state=42)
    model = make_pipeline(StandardScaler(), forest).fit(data.drop(columns="target"), data["target"])
    with open(os.path.join(folder, "pipeline.pkl"), "wb") as file:
        pickle.dump(model, file)


def score(folder, inputs, out):
    with open(os.path.join(folder, "pipeline.pkl"), "rb") as file:
        model = pickle.load(file)
    os.makedirs(out, exist_ok=True)
    start = time.perf_counter()
    for name in sorted(os.listdir(inputs)):
        score_file(model, os.path.join(inputs, name), os.path.join(out, name))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peakMegabytes": peak}))


def score_file(model, source, target):
    now = pd.Timestamp.now(tz="UTC").isoformat()
    for part, chunk in enumerate(pd.read_csv(source, chunksize=10_000)):
        probabilities = model.predict_proba(chunk.drop(columns="target"))
        best = probabilities.argmax(axis=1)
        chunk["prediction"] = model.classes_[best]
        chunk["probability"] = probabilities[:, -1]
        for label, column in zip(model.classes_, probabilities.T):
            chunk[f"probability_{label}"] = column
        chunk["model_name"], chunk["model_version"], chunk["prediction_timestamp"] = "model", "1", now
        chunk.to_csv(target, mode="w" if part == 0 else "a", header=part == 0, index=False)


if sys.argv[1] == "fit":
    fit(sys.argv[2])
else:
    score(*sys.argv[2:])

"""scikit-learn's metrics and curves of scored rows: cases read from a JSON file, answers printed as JSON."""

import json
import sys
import warnings

import numpy as np
from sklearn import metrics as sk

warnings.simplefilter("ignore")


def answer(case):
    actual = np.array(case["actual"])
    scores = np.array(case["probabilities"], dtype=np.float64).T
    labels = list(range(scores.shape[1]))
    predicted = scores.argmax(axis=1)
    binary = len(labels) == 2
    average = {"average": "binary", "pos_label": 1} if binary else {"average": "weighted", "labels": labels}
    macro = {"average": "macro", "labels": labels}
    given = scores[:, 1] if binary else scores
    one_hot = actual if binary else np.eye(len(labels))[actual]
    # Models give float32, which scikit-learn clips at that type's epsilon; the sums are compared in double precision.
    epsilon = float(np.finfo(np.float32).eps)
    return {
        "metrics": {
            "accuracy": sk.accuracy_score(actual, predicted),
            "precision": sk.precision_score(actual, predicted, zero_division=0, **average),
            "recall": sk.recall_score(actual, predicted, zero_division=0, **average),
            "f1": sk.f1_score(actual, predicted, zero_division=0, **average),
            "precision_macro": sk.precision_score(actual, predicted, zero_division=0, **macro),
            "recall_macro": sk.recall_score(actual, predicted, zero_division=0, **macro),
            "f1_macro": sk.f1_score(actual, predicted, zero_division=0, **macro),
            "roc_auc": sk.roc_auc_score(one_hot, given, average="macro"),
            "log_loss": sk.log_loss(actual, scores.clip(epsilon, 1 - epsilon), labels=labels),
            "average_precision": sk.average_precision_score(one_hot, given, average="macro"),
            "brier": sk.brier_score_loss(actual, given, labels=labels, pos_label=1 if binary else None),
        },
        "confusion_matrix": sk.confusion_matrix(actual, predicted, labels=labels).tolist(),
        "curves": [curves(actual == label, scores[:, label]) for label in ([1] if binary else labels)],
    }


def curves(positive, scores):
    fpr, tpr, thresholds = sk.roc_curve(positive, scores, drop_intermediate=False)
    precision, recall, pr_thresholds = sk.precision_recall_curve(positive, scores)
    return {
        "roc": {"x": fpr.tolist(), "y": tpr.tolist(), "thresholds": thresholds.tolist()[1:]},
        "precision_recall": {
            "x": recall[::-1].tolist(),
            "y": precision[::-1].tolist(),
            "thresholds": pr_thresholds[::-1].tolist(),
        },
    }


with open(sys.argv[1], encoding="utf8") as file:
    print(json.dumps([answer(case) for case in json.load(file)]))

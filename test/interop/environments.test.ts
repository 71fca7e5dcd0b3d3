import * as assert from 'node:assert/strict';
import { runPython } from '../harness/python.ts';

const imports = 'import mlflow, onnx, onnxruntime, pandas, sklearn; print(mlflow.__version__)';

describe('Python environments', () => {
  it('mlflow3 has MLflow 3 and what its models need', async () => {
    const { stdout, stderr } = await runPython('mlflow3', imports);
    assert.match(stdout, /^3\./, stderr);
  });

  it('mlflow2 has MLflow 2.22 and what its models need', async () => {
    const { stdout, stderr } = await runPython('mlflow2', imports);
    assert.match(stdout, /^2\.22\./, stderr);
  });
});

import { parse, stringify } from 'yaml';
import { EngineError } from '../support/errors.ts';
import { LOADER_MODULE } from './python-loader.ts';
import type { Signature, SignatureColumn } from './signature.ts';

export const MODEL_FILE = 'model.onnx';
export const INPUT_EXAMPLE_FILE = 'input_example.json';
export const PROFILE_FILE = 'gnu_mlops.json';

/** The MLflow release whose folder layout is written; 2.22 and every 3.x load it. */
const MLFLOW_VERSION = '2.22.0';
const PYTHON_VERSION = '3.11.7';

export interface MlmodelFacts {
  runId: string;
  modelUuid: string;
  modelSize: number;
  signature: Signature;
  createdAt: Date;
}

/** Text of the MLmodel file: `onnx` and `python_function` flavors over the same graph. */
export function mlmodelText(facts: MlmodelFacts): string {
  const env = { conda: 'conda.yaml', virtualenv: 'python_env.yaml' };
  return stringify({
    artifact_path: 'model',
    flavors: {
      onnx: {
        code: null,
        data: MODEL_FILE,
        onnx_session_options: null,
        onnx_version: '1.16.0',
        providers: ['CPUExecutionProvider'],
      },
      python_function: {
        code: 'code',
        data: MODEL_FILE,
        env,
        loader_module: LOADER_MODULE,
        python_version: PYTHON_VERSION,
      },
    },
    mlflow_version: MLFLOW_VERSION,
    model_size_bytes: facts.modelSize,
    model_uuid: facts.modelUuid,
    run_id: facts.runId,
    saved_input_example_info: { artifact_path: INPUT_EXAMPLE_FILE, pandas_orient: 'split', type: 'dataframe' },
    signature: {
      inputs: JSON.stringify(facts.signature.inputs.map(toMlflow)),
      outputs: JSON.stringify(facts.signature.outputs.map(toMlflow)),
      params: null,
    },
    utc_time_created: `${facts.createdAt.toISOString().replace('T', ' ').replace('Z', '')}000`,
  });
}

function toMlflow({ name, type, required }: SignatureColumn) {
  return { type, name, required };
}

/**
 * The signature in the text of an MLmodel file.
 * @throws EngineError `invalid-model` when there is none or it is not made of columns.
 */
export function parseSignature(text: string, fileName: string): Signature {
  try {
    const { inputs, outputs } = parse(text).signature;
    return { inputs: readColumns(inputs), outputs: readColumns(outputs) };
  } catch (error) {
    throw new EngineError('invalid-model', `${fileName}: no readable signature.`, {}, { cause: error });
  }
}

const TYPES: ReadonlySet<unknown> = new Set<SignatureColumn['type']>(['long', 'double', 'boolean', 'string', 'float']);

/** `required` is true where it is left out, as in MLflow. */
function readColumns(text: string): SignatureColumn[] {
  const columns = JSON.parse(text) as SignatureColumn[];
  return columns.map(({ name, type, required = true }) => {
    if (typeof name !== 'string' || !TYPES.has(type)) throw new TypeError(`column ${name} has type ${type}`);
    return { name, type, required: Boolean(required) };
  });
}

const REQUIREMENTS = ['mlflow', 'numpy', 'onnx', 'onnxruntime', 'pandas'];

/** The files that tell Python which packages the model needs. */
export function environmentFiles(): Record<string, string> {
  return {
    'requirements.txt': REQUIREMENTS.map((name) => `${name}\n`).join(''),
    'python_env.yaml': stringify({
      python: PYTHON_VERSION,
      build_dependencies: ['pip', 'setuptools', 'wheel'],
      dependencies: ['-r requirements.txt'],
    }),
    'conda.yaml': stringify({
      channels: ['conda-forge'],
      dependencies: [`python=${PYTHON_VERSION}`, 'pip', { pip: REQUIREMENTS }],
      name: 'mlflow-env',
    }),
  };
}

import { EngineError } from '../support/errors.ts';
import type { OnnxModel, OnnxTensor, OnnxValue } from './onnx-model.ts';
import { type Operator, prepareOperator } from './operators.ts';
import type { Tensor } from './tensor.ts';

interface Step {
  compute: Operator;
  inputs: string[];
  output: string;
}

/** Runs an ONNX graph made of the operators the product writes, whole columns at a time. */
export class GraphRunner {
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  private readonly steps: Step[];
  private readonly constants: Map<string, Tensor>;

  /** @throws EngineError `invalid-model` when the graph uses another operator or a value nobody computes. */
  constructor(model: OnnxModel) {
    this.inputs = model.inputs;
    this.outputs = model.outputs;
    this.constants = new Map(model.constants.map((tensor) => [tensor.name, constantTensor(tensor)]));
    this.steps = model.nodes.map((node) => ({
      compute: prepareOperator(node),
      inputs: node.inputs,
      output: node.outputs[0]!,
    }));
    this.requireComplete();
  }

  /** @param feeds one tensor of shape [N] per input  @returns the outputs by name */
  run(feeds: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
    const values = new Map<string, Tensor>([...this.constants, ...feeds]);
    for (const { compute, inputs, output } of this.steps) {
      values.set(output, compute(inputs.map((name) => values.get(name)!)));
    }
    return new Map(this.outputs.map(({ name }) => [name, values.get(name)!]));
  }

  private requireComplete(): void {
    const known = new Set([...this.constants.keys(), ...this.inputs.map(({ name }) => name)]);
    for (const { inputs, output } of this.steps) {
      const unknown = inputs.find((name) => !known.has(name));
      if (unknown !== undefined) throw new EngineError('invalid-model', `the ONNX graph never computes "${unknown}".`);
      known.add(output);
    }
    const missing = this.outputs.find(({ name }) => !known.has(name));
    if (missing) throw new EngineError('invalid-model', `the ONNX graph never computes its output "${missing.name}".`);
  }
}

function constantTensor({ type, dims, values }: OnnxTensor): Tensor {
  if (type === 'string') return { type, dims, data: values as string[] };
  const numbers = values as ArrayLike<number>;
  return { type, dims, data: type === 'float' ? Float32Array.from(numbers) : Float64Array.from(numbers) };
}

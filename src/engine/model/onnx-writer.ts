import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  ELEMENT_TYPE,
  ONNX_VERSIONS,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx-model.ts';

/** AttributeProto.AttributeType, and the field each type's value stands in. */
export const ATTRIBUTE_FIELDS = {
  float: { type: 1, field: 2 },
  int: { type: 2, field: 3 },
  string: { type: 3, field: 4 },
  floats: { type: 6, field: 7 },
  ints: { type: 7, field: 8 },
  strings: { type: 8, field: 9 },
} as const;

type Body = (writer: BinaryWriter) => void;

/** The model as the bytes of a .onnx file (onnx.proto of ONNX 1.12, https://github.com/onnx/onnx). */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter();
  varint(writer, 1, ONNX_VERSIONS.ir);
  text(writer, 2, model.producer);
  text(writer, 3, model.producerVersion);
  message(writer, 7, (graph) => writeGraph(graph, model));
  writeOpset(writer, '', ONNX_VERSIONS.opset);
  writeOpset(writer, 'ai.onnx.ml', ONNX_VERSIONS.mlOpset);
  for (const [key, value] of Object.entries(model.metadata)) {
    message(writer, 14, (entry) => {
      text(entry, 1, key);
      text(entry, 2, value);
    });
  }
  return writer.finish();
}

function writeOpset(writer: BinaryWriter, domain: string, version: number): void {
  message(writer, 8, (opset) => {
    text(opset, 1, domain);
    varint(opset, 2, version);
  });
}

function writeGraph(writer: BinaryWriter, model: OnnxModel): void {
  for (const node of model.nodes) message(writer, 1, (body) => writeNode(body, node));
  text(writer, 2, 'pipeline');
  for (const tensor of model.constants) message(writer, 5, (body) => writeTensor(body, tensor));
  for (const value of model.inputs) message(writer, 11, (body) => writeValue(body, value));
  for (const value of model.outputs) message(writer, 12, (body) => writeValue(body, value));
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const name of node.inputs) text(writer, 1, name);
  for (const name of node.outputs) text(writer, 2, name);
  text(writer, 3, `${node.operator}:${node.outputs[0]}`);
  text(writer, 4, node.operator);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, (body) => writeAttribute(body, name, attribute));
  }
  text(writer, 7, node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  const { type, field } = ATTRIBUTE_FIELDS[attribute.type];
  text(writer, 1, name);
  switch (attribute.type) {
    case 'float':
      writer.tag(field, WireType.Bit32).float(attribute.value);
      break;
    case 'int':
      varint(writer, field, attribute.value);
      break;
    case 'string':
      text(writer, field, attribute.value);
      break;
    case 'floats':
      packedFloats(writer, field, attribute.value);
      break;
    case 'ints':
      packedInts(writer, field, attribute.value);
      break;
    case 'strings':
      for (const value of attribute.value) text(writer, field, value);
  }
  varint(writer, 20, type);
}

function writeTensor(writer: BinaryWriter, tensor: OnnxTensor): void {
  packedInts(writer, 1, tensor.dims);
  varint(writer, 2, ELEMENT_TYPE[tensor.type]);
  if (tensor.type === 'string') for (const value of tensor.values as string[]) text(writer, 6, value);
  else if (tensor.type === 'float') packedFloats(writer, 4, tensor.values as ArrayLike<number>);
  else if (tensor.type === 'double') packedDoubles(writer, 10, tensor.values as ArrayLike<number>);
  else packedInts(writer, tensor.type === 'bool' ? 5 : 7, tensor.values as ArrayLike<number>);
  text(writer, 8, tensor.name);
}

function writeValue(writer: BinaryWriter, value: OnnxValue): void {
  text(writer, 1, value.name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      varint(tensor, 1, ELEMENT_TYPE[value.type]);
      message(tensor, 2, (shape) => {
        for (const dim of value.dims) {
          message(shape, 1, (body) => (typeof dim === 'string' ? text(body, 2, dim) : varint(body, 1, dim)));
        }
      });
    }),
  );
}

function message(writer: BinaryWriter, field: number, body: Body): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  body(writer);
  writer.join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function varint(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function packedInts(writer: BinaryWriter, field: number, values: ArrayLike<number>): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >= 0 && value <= 0x7fffffff) writer.uint32(value);
    else writer.int64(value);
  }
  writer.join();
}

function packedFloats(writer: BinaryWriter, field: number, values: ArrayLike<number>): void {
  const floats = Float32Array.from(values);
  writer.tag(field, WireType.LengthDelimited).bytes(new Uint8Array(floats.buffer));
}

function packedDoubles(writer: BinaryWriter, field: number, values: ArrayLike<number>): void {
  const doubles = Float64Array.from(values);
  writer.tag(field, WireType.LengthDelimited).bytes(new Uint8Array(doubles.buffer));
}

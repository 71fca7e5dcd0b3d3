import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { EngineError } from '../support/errors.ts';
import {
  ELEMENT_TYPE,
  type ElementType,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx-model.ts';
import { ATTRIBUTE_FIELDS } from './onnx-writer.ts';

/** What to do with each field of a message, by number; others are skipped. */
type FieldReaders = Record<number, (wire: WireType) => unknown>;

/**
 * Reads a .onnx file.
 * @throws EngineError `invalid-model` when the bytes are no ONNX model, are cut off, or use types the product does not.
 */
export function decodeOnnx(bytes: Uint8Array, fileName: string): OnnxModel {
  try {
    return readModel(new BinaryReader(bytes));
  } catch (error) {
    if (EngineError.is(error)) throw error;
    throw new EngineError(
      'invalid-model',
      `${fileName}: not an ONNX model, or cut off (${(error as Error).message}).`,
      {
        fix: 'Train again, or deploy another version.',
      },
    );
  }
}

function readModel(reader: BinaryReader): OnnxModel {
  const model: OnnxModel = {
    producer: '',
    producerVersion: '',
    inputs: [],
    outputs: [],
    constants: [],
    nodes: [],
    metadata: {},
  };
  readFields(reader, reader.len, {
    2: () => {
      model.producer = reader.string();
    },
    3: () => {
      model.producerVersion = reader.string();
    },
    7: () => readGraph(reader, model),
    14: () => readMetadata(reader, model.metadata),
  });
  if (model.outputs.length === 0) throw new Error('it holds no graph');
  return model;
}

function readGraph(reader: BinaryReader, model: OnnxModel): void {
  readMessage(reader, {
    1: () => model.nodes.push(readNode(reader)),
    5: () => model.constants.push(readTensor(reader)),
    11: () => model.inputs.push(readValue(reader)),
    12: () => model.outputs.push(readValue(reader)),
  });
}

function readNode(reader: BinaryReader): OnnxNode {
  const node: OnnxNode = { operator: '', domain: '', inputs: [], outputs: [], attributes: {} };
  readMessage(reader, {
    1: () => node.inputs.push(reader.string()),
    2: () => node.outputs.push(reader.string()),
    4: () => {
      node.operator = reader.string();
    },
    5: () => Object.assign(node.attributes, readAttribute(reader)),
    7: () => {
      node.domain = reader.string() as OnnxNode['domain'];
    },
  });
  return node;
}

function readAttribute(reader: BinaryReader): Record<string, OnnxAttribute> {
  let name = '';
  let typeNumber = 0;
  const single: Record<number, number | string> = {};
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  readMessage(reader, {
    1: () => {
      name = reader.string();
    },
    2: () => {
      single[2] = reader.float();
    },
    3: () => {
      single[3] = Number(reader.int64());
    },
    4: () => {
      single[4] = reader.string();
    },
    7: (wire) => readRepeated(reader, wire, floats, () => reader.float()),
    8: (wire) => readRepeated(reader, wire, ints, () => Number(reader.int64())),
    9: () => strings.push(reader.string()),
    20: () => {
      typeNumber = reader.int32();
    },
  });
  const lists: Record<number, unknown> = { 7: floats, 8: ints, 9: strings };
  const entry = Object.entries(ATTRIBUTE_FIELDS).find(([, { type }]) => type === typeNumber);
  if (!entry) throw new Error(`attribute "${name}" has type ${typeNumber}`);
  const [type, { field }] = entry;
  return { [name]: { type, value: lists[field] ?? single[field] ?? 0 } as OnnxAttribute };
}

function readTensor(reader: BinaryReader): OnnxTensor {
  let name = '';
  let type: ElementType = 'float';
  const dims: number[] = [];
  const numbers: number[] = [];
  const strings: string[] = [];
  readMessage(reader, {
    1: (wire) => readRepeated(reader, wire, dims, () => Number(reader.int64())),
    2: () => {
      type = elementType(reader.int32());
    },
    4: (wire) => readRepeated(reader, wire, numbers, () => reader.float()),
    5: (wire) => readRepeated(reader, wire, numbers, () => reader.int32()),
    6: () => strings.push(reader.string()),
    7: (wire) => readRepeated(reader, wire, numbers, () => Number(reader.int64())),
    8: () => {
      name = reader.string();
    },
    10: (wire) => readRepeated(reader, wire, numbers, () => reader.double()),
  });
  return { name, type, dims, values: (type as ElementType) === 'string' ? strings : numbers };
}

function readValue(reader: BinaryReader): OnnxValue {
  const value: OnnxValue = { name: '', type: 'float', dims: [] };
  readMessage(reader, {
    1: () => {
      value.name = reader.string();
    },
    2: () => readMessage(reader, { 1: () => readTensorType(reader, value) }),
  });
  return value;
}

function readTensorType(reader: BinaryReader, value: OnnxValue): void {
  readMessage(reader, {
    1: () => {
      value.type = elementType(reader.int32());
    },
    2: () => readMessage(reader, { 1: () => readDimension(reader, value.dims) }),
  });
}

function readDimension(reader: BinaryReader, dims: (number | string)[]): void {
  readMessage(reader, {
    1: () => dims.push(Number(reader.int64())),
    2: () => dims.push(reader.string()),
  });
}

function readMetadata(reader: BinaryReader, metadata: Record<string, string>): void {
  let key = '';
  readMessage(reader, {
    1: () => {
      key = reader.string();
    },
    2: () => {
      metadata[key] = reader.string();
    },
  });
}

function elementType(number: number): ElementType {
  const entry = Object.entries(ELEMENT_TYPE).find(([, value]) => value === number);
  if (!entry) throw new Error(`a tensor has element type ${number}`);
  return entry[0] as ElementType;
}

/** A repeated number, packed into one field or written one by one: protobuf allows both. */
function readRepeated(reader: BinaryReader, wire: WireType, into: number[], read: () => number): void {
  if (wire !== WireType.LengthDelimited) {
    into.push(read());
    return;
  }
  const length = reader.uint32();
  const end = reader.pos + length;
  requireWithin(reader, end);
  while (reader.pos < end) into.push(read());
}

function readMessage(reader: BinaryReader, fields: FieldReaders): void {
  const length = reader.uint32();
  readFields(reader, reader.pos + length, fields);
}

function readFields(reader: BinaryReader, end: number, fields: FieldReaders): void {
  requireWithin(reader, end);
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const read = fields[number];
    if (read) read(wire);
    else reader.skip(wire, number);
  }
  if (reader.pos > end) throw new Error('a message ends inside a field');
}

function requireWithin(reader: BinaryReader, end: number): void {
  if (end > reader.len) throw new Error(`${end - reader.len} bytes are missing`);
}

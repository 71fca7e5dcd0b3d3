import type { GateResult } from '../../engine/registry/gates.ts';
import { type StyledCell, table } from './table.ts';

/** Every gate with what it asked for and what it found. */
export function gatesTable(gates: GateResult[]): string {
  return table(
    ['gate', 'required', 'found', ''],
    gates.map((gate) => [gate.name, gate.required, found(gate.actual), verdict(gate)]),
  );
}

function verdict({ passed, overridden }: GateResult): StyledCell {
  if (passed) return { text: 'passed', style: 'green' };
  return overridden ? { text: 'OVERRIDDEN', style: 'yellow' } : { text: 'FAILED', style: 'red' };
}

function found(actual: number | string): string {
  return typeof actual === 'number' ? String(Number(actual.toFixed(6))) : actual.replace(LONG_PATH, '...$1');
}

/** A path that would push the verdict off the screen, and its last three parts; `--json` and errors have all of it. */
const LONG_PATH = /(?:[A-Za-z]:)?(?:[\\/][^\\/\s]+){2,}((?:[\\/][^\\/\s]+){3})/g;

import { unfilterModule } from './unfilter-module.js';

/** What the module exports; see its source. */
interface Unfilter {
  readonly memory: { readonly buffer: ArrayBuffer };
  unfilter(input: number, output: number, rows: number, rowBytes: number, pixelBytes: number): number;
}

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Unfilter };
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };

/** Of the module's memory, which holds rows alone. */
const memoryBytes = 16 * 65536;
/** Between two parts of the memory, since vectors reach beyond the last byte of a row. */
const margin = 16;

let instance: Unfilter | undefined;

/** Whether this Node and this processor run the module. */
export const canUnfilter = WebAssembly?.validate(Buffer.from(unfilterModule, 'base64')) === true;

export interface Rows {
  readonly rows: number;
  /** Of a row's pixels. */
  readonly rowBytes: number;
  /** 1, 2 or 3. */
  readonly pixelBytes: number;
}

/** Whether rows of this length fit into the module's memory, at least some at a time. */
export function fits(rowBytes: number): boolean {
  return bandOf(rowBytes) >= 8;
}

/**
 * Undoes the filters of a PNG's rows in place: [filter, row, filter, row, …] becomes [row, row, …].
 * @returns whether all filters are known; else the bytes are of no use any more
 */
export function unfilter(bytes: Uint8Array, { rows, rowBytes, pixelBytes }: Rows): boolean {
  instance ??= new WebAssembly!.Instance(new WebAssembly!.Module(Buffer.from(unfilterModule, 'base64')))
    .exports;
  const memory = new Uint8Array(instance.memory.buffer);
  const band = bandOf(rowBytes);
  const above = band * (rowBytes + 1) + margin;
  const output = above + rowBytes;
  // Above the first row there are zeros.
  memory.fill(0, above, output);
  for (let row = 0; row < rows; row += band) {
    const count = Math.min(band, rows - row);
    memory.set(bytes.subarray(row * (rowBytes + 1), (row + count) * (rowBytes + 1)));
    if (!instance.unfilter(0, output, count, rowBytes, pixelBytes)) return false;
    bytes.set(memory.subarray(output, output + count * rowBytes), row * rowBytes);
    memory.copyWithin(above, output + (count - 1) * rowBytes, output + count * rowBytes);
  }
  return true;
}

/** Rows that fit into the memory twice, with one above and margins; whole groups of those that are worked on together. */
function bandOf(rowBytes: number): number {
  const rows = Math.floor((memoryBytes - rowBytes - 3 * margin) / (2 * rowBytes + 1));
  return rows - (rows % 8);
}

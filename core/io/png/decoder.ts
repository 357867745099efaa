import { moduleBytes } from './module-bytes.js';

/** What the module exports; see its source. */
interface Module {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  start(): number;
  roomFor(rows: number, rowBytes: number): number;
  decode(
    compressed: number,
    bytes: number,
    space: number,
    rows: number,
    rowBytes: number,
    pixelBytes: number,
  ): number;
}

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Module };
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };

const pageBytes = 65536;

/** Whether this Node and this processor run the module. */
export const canDecode = WebAssembly?.validate(Buffer.from(moduleBytes, 'base64')) === true;

let compiled: object | undefined;

/** What a PNG's compressed data are to be. */
export interface Rows {
  /** zlib's stream, in parts. */
  readonly compressed: readonly Uint8Array[];
  readonly rows: number;
  /** Of a row's pixels. */
  readonly rowBytes: number;
  /** 1, 2 or 3. */
  readonly pixelBytes: number;
}

/** Inflates a PNG's data and undoes its filters, in a memory of its own that is used again for each picture. */
export class Decoder {
  private readonly module: Module;

  constructor() {
    compiled ??= new WebAssembly!.Module(Buffer.from(moduleBytes, 'base64'));
    this.module = new WebAssembly!.Instance(compiled).exports;
  }

  /** Bytes that it holds. */
  get size(): number {
    return this.module.memory.buffer.byteLength;
  }

  /**
   * @returns the pixels' bytes, row by row, which the next call overwrites; they start at an even address. Undefined where
   *   the data are damaged, or not exactly so many
   * @throws RangeError where there is not enough memory
   */
  decode({ compressed, rows, rowBytes, pixelBytes }: Rows): Uint8Array<ArrayBuffer> | undefined {
    const { module } = this;
    const space = module.start();
    const from = space + module.roomFor(rows, rowBytes);
    const bytes = compressed.reduce((sum, { length }) => sum + length, 0);
    const missing = from + bytes - this.size;
    if (missing > 0) module.memory.grow(Math.ceil(missing / pageBytes));
    const memory = new Uint8Array(module.memory.buffer);
    let to = from;
    for (const part of compressed) {
      memory.set(part, to);
      to += part.length;
    }
    const pixels = module.decode(from, bytes, space, rows, rowBytes, pixelBytes);
    return pixels === 0 ? undefined : memory.subarray(pixels, pixels + rows * rowBytes);
  }
}

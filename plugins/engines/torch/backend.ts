import * as tf from '@tensorflow/tfjs';
import { messageOf, MtlError } from '../../../core/index.js';
import { dtypes, noTensor, type Addon, type NativeArgument, type NativeDtype, type Slot } from './addon.js';

/** What stands behind a tfjs data id: a tensor of libtorch, or values that only JavaScript kernels understand. */
type Entry = { refCount: number } & (
  | { readonly slot: Slot; readonly dtype: NativeDtype; readonly size: number }
  /** Text as bytes, or a complex64's real and imaginary parts in turn. */
  | { readonly host: Values }
);

type Values = Parameters<tf.KernelBackend['write']>[0];

const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Room for what any kernel returns; a split into thousands of parts needs the most. */
const resultsLength = 1 << 16;

/** A TensorFlow.js backend whose tensors are libtorch's. Strides are free: a transposed tensor is a view. */
export class TorchBackend extends tf.KernelBackend {
  private readonly entries = new tf.DataStorage<Entry>(this, tf.engine());
  private readonly results = new Int32Array(resultsLength);

  constructor(private readonly addon: Addon) {
    super();
    addon.shareResults(this.results);
  }

  /** Calls a kernel of the addon that returns one tensor. */
  one(kernel: string, ...args: readonly NativeArgument[]): tf.TensorInfo {
    this.run(kernel, args);
    return this.result(1).info;
  }

  /** Calls a kernel of the addon that returns any number of tensors. */
  many(kernel: string, ...args: readonly NativeArgument[]): tf.TensorInfo[] {
    this.run(kernel, args);
    const infos: tf.TensorInfo[] = [];
    for (let count = this.results[0]!, at = 1; count > 0; count--) {
      const { info, next } = this.result(at);
      infos.push(info);
      at = next;
    }
    return infos;
  }

  /** The slot of an input, which the kernel only reads; of an absent one, none. */
  slot(info: tf.TensorInfo | undefined): Slot {
    if (!info) return noTensor;
    const entry = this.entries.get(info.dataId);
    if ('slot' in entry) return entry.slot;
    throw new Error(`a ${info.dtype} tensor cannot be handed to libtorch`);
  }

  /** Another handle on the same values. */
  share({ dataId }: tf.TensorInfo, shape: readonly number[], dtype: tf.DataType): tf.TensorInfo {
    this.incRef(dataId);
    return { dataId, shape: [...shape], dtype };
  }

  /** Whether a change of the values in place would be seen through any other tensor. */
  isShared(info: tf.TensorInfo): boolean {
    return this.refCount(info.dataId) > 1 || this.addon.isShared(this.slot(info));
  }

  fill(shape: readonly number[], value: number, dtype: NativeDtype): tf.TensorInfo {
    explaining('fill', () => this.addon.fill(shape, value, dtypes.indexOf(dtype)));
    return this.result(1).info;
  }

  override write(values: Values, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: Values,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    if (!isNative(dtype)) {
      this.entries.set(dataId, { host: values, refCount });
      return;
    }
    const array = arrayTypes[dtype];
    const ready = values instanceof array ? values : new array(values as Exclude<Values, Uint8Array[]>);
    explaining('write', () => this.addon.write(ready, shape, dtypes.indexOf(dtype)));
    this.entries.set(dataId, { slot: this.results[1]!, dtype, size: ready.length, refCount });
  }

  override readSync(dataId: tf.DataId): Values {
    const entry = this.entries.get(dataId);
    if ('host' in entry) return entry.host;
    const values = new arrayTypes[entry.dtype](entry.size);
    explaining('read', () => this.addon.read(entry.slot, values));
    return values;
  }

  override read(dataId: tf.DataId): Promise<Values> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.entries.has(dataId)) return true;
    const entry = this.entries.get(dataId);
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    if ('slot' in entry) this.addon.release(entry.slot);
    this.entries.delete(dataId);
    return true;
  }

  override refCount(dataId: tf.DataId): number {
    return this.entries.has(dataId) ? this.entries.get(dataId).refCount : 0;
  }

  override incRef(dataId: tf.DataId): void {
    this.entries.get(dataId).refCount++;
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(run: () => void): Promise<tf.BackendTimingInfo> {
    this.addon.synchronize();
    const start = performance.now();
    run();
    this.addon.synchronize();
    return Promise.resolve({ kernelMs: performance.now() - start });
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override dispose(): void {
    this.addon.trim();
  }

  private run(kernel: string, args: readonly NativeArgument[]): void {
    explaining(kernel, () => this.addon.kernels[kernel]!(...args));
  }

  /** The result that begins at a place in the shared array, and where the next one begins. */
  private result(at: number): { info: tf.TensorInfo; next: number } {
    const { results } = this;
    const [slot, dtype, rank] = [results[at]!, dtypes[results[at + 1]!]!, results[at + 2]!];
    const next = at + 3 + rank;
    const shape: number[] = [];
    let size = 1;
    for (let index = at + 3; index < next; index++) {
      shape.push(results[index]!);
      size *= results[index]!;
    }
    const dataId = {};
    this.entries.set(dataId, { slot, dtype, size, refCount: 1 });
    return { info: { dataId, shape, dtype }, next };
  }
}

function isNative(dtype: tf.DataType): dtype is NativeDtype {
  return dtypes.includes(dtype as NativeDtype);
}

function explaining(kernel: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    throw explained(kernel, error);
  }
}

function explained(kernel: string, error: unknown): Error {
  const message = messageOf(error).split('\n')[0]!;
  if ((error as { code?: string }).code !== 'OUT_OF_MEMORY')
    return new Error(`${kernel}: ${message}`, { cause: error });
  return new MtlError(
    'ENGINE_OUT_OF_MEMORY',
    `engine torch: ${kernel} could not get memory (${message}); take a smaller train.batchSize or smaller images`,
    { cause: error },
  );
}

import { setImmediate } from 'node:timers/promises';
import { MtlError } from '../../../core/index.js';

interface Device {
  /** Resolves when the device is gone. */
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  addEventListener(type: 'uncapturederror', listener: (event: ErrorEvent) => void): void;
}

interface ErrorEvent {
  readonly error: { readonly message: string };
  preventDefault(): void;
}

/** The backend of TensorFlow.js, as far as it is touched here. */
export interface WebgpuBackend {
  readonly device: Device;
  read(dataId: object): Promise<unknown>;
}

const watched = new WeakSet<WebgpuBackend>();

/**
 * A command that WebGPU refuses has no effect: results stay zero, and the program hears of it by an event alone. The
 * first such event is kept, and from then on everything that is read from the device fails with it.
 */
export function watchDevice(backend: WebgpuBackend): void {
  if (watched.has(backend)) return;
  watched.add(backend);
  let failure: MtlError | undefined;
  backend.device.addEventListener('uncapturederror', (event) => {
    // Else Dawn prints it, and all that follow from it.
    event.preventDefault();
    failure ??= refused(event.error);
  });
  void backend.device.lost.then(({ reason, message }) => {
    failure ??= lost(message || reason);
  });
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    const values = await read(dataId).catch(async (error: unknown) => {
      // What a lost device rejects with says nothing; that it is lost comes a moment later.
      await setImmediate();
      throw failure ?? error;
    });
    if (failure) throw failure;
    return values;
  };
}

function refused(error: ErrorEvent['error']): MtlError {
  const [line = ''] = error.message.split('\n');
  if (isTooLarge(error)) {
    return new MtlError(
      'ENGINE_OUT_OF_MEMORY',
      `engine webgpu: the graphics card cannot hold it (${line}); use a smaller train.batchSize or dataset.size`,
    );
  }
  return new MtlError(
    'ENGINE_UNUSABLE',
    `engine webgpu: the graphics card refused a command (${line}); update its driver, or choose another engine`,
  );
}

/** Memory that is used up, or a buffer or the part of it that a program sees above WebGPU's limits. */
function isTooLarge(error: ErrorEvent['error']): boolean {
  return (
    error.constructor.name === 'GPUOutOfMemoryError' ||
    /out.of.\w*memory|exceeds the max|larger than the max/i.test(error.message)
  );
}

function lost(why: string): MtlError {
  return new MtlError(
    'ENGINE_UNUSABLE',
    `engine webgpu: the graphics card is gone (${why}); start again, a run with --resume`,
  );
}

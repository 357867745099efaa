/**
 * Threads for TensorFlow.js' wasm backend in Node. The package ships a threaded binary, but makes its workers from a
 * Blob URL, which Node's Worker refuses, and so switches threads off in Node. While the backend starts, stand-ins
 * take the workers' place: each real one gets the same script as text. Nothing is written to disk.
 *
 * Tied to the names inside of @tensorflow/tfjs-backend-wasm 4.22.0, which package.json therefore pins; were they to
 * change, the start would fail and one thread be used.
 */
import { resolveObjectURL } from 'node:buffer';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Worker } from 'node:worker_threads';

/** What emscripten says to a worker. */
interface Message {
  readonly cmd?: string;
  readonly [key: string]: unknown;
}

type Listener = (value: unknown) => void;

/** The binary's own limit. */
export const mostThreads = 8;

/** The bundle's script leans on variables around it, which a worker gets as globals. */
const before = `Object.assign(globalThis, { require$$0: require('fs'), require$$1: require('path'),
  require$$3: require('perf_hooks'), require$$4: require('os'), commonjsGlobal: globalThis });\n`;
/** The main script comes as text in place of a Blob. */
const after = `\n;globalThis.importScripts = (text) => { (0, eval)(text); };`;

/**
 * Runs `start`, which starts the backend, with workers that Node can make.
 * @param threads 2–8, the calling one included
 * @throws whatever keeps the threads from starting; all workers are ended then
 */
export async function withThreads(threads: number, start: () => Promise<void>): Promise<void> {
  const pool = new WorkerPool(threads - 1);
  const previous = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  // An accessor, since the bundle assigns the global itself just before it reads it.
  Object.defineProperty(globalThis, 'Worker', {
    configurable: true,
    get: () => pool.standIn,
    set: () => undefined,
  });
  try {
    await Promise.race([start(), pool.failed]);
  } catch (error) {
    pool.end();
    throw error;
  } finally {
    if (previous) Object.defineProperty(globalThis, 'Worker', previous);
    else Reflect.deleteProperty(globalThis, 'Worker');
  }
}

/** The real workers. emscripten always makes eight stand-ins; only as many workers as are to run stand behind them. */
class WorkerPool {
  /** Rejects when a worker cannot be started. */
  readonly failed: Promise<never>;
  /** The class that emscripten makes its workers of. */
  readonly standIn: new (url: string) => StandIn;
  private readonly all: Worker[] = [];
  private readonly idle: Worker[] = [];
  private started: Promise<void> | undefined;
  private ended = false;
  private fail: (reason: unknown) => void = () => undefined;

  constructor(private readonly count: number) {
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    // Lost races are no unhandled rejections.
    this.failed.catch(() => undefined);
    // The constructor gets a URL from emscripten, the pool from here.
    this.standIn = StandIn.bind(null, this);
  }

  /** Starts all workers at the first call; `loaded` is called once they are there. */
  load(url: string, message: Message, loaded: () => void): void {
    this.started ??= this.startAll(url, message);
    this.started
      .then(() => {
        if (this.ended) return;
        URL.revokeObjectURL(url);
        withManyCores(2 * (this.count + 1), loaded);
      })
      .catch(this.fail);
  }

  take(): Worker {
    const worker = this.idle.pop();
    if (!worker) throw new Error('more threads were asked for than started');
    return worker;
  }

  end(): void {
    this.ended = true;
    for (const worker of this.all) void worker.terminate();
  }

  private async startAll(url: string, message: Message): Promise<void> {
    const script = resolveObjectURL(url);
    if (!script) throw new Error('the worker script is gone');
    const source = before + (await script.text()) + after;
    const main = await (message.urlOrBlob as Blob).text();
    await Promise.all(
      Array.from({ length: this.count }, () => this.startOne(source, { ...message, urlOrBlob: main })),
    );
  }

  private async startOne(source: string, message: Message): Promise<void> {
    const worker = new Worker(source, { eval: true, execArgv: [], name: 'tfjs-wasm' });
    this.all.push(worker);
    await new Promise<void>((resolve, reject) => {
      worker.once('message', ({ cmd }: Message) =>
        cmd === 'loaded' ? resolve() : reject(new Error(`a worker said ${String(cmd)} instead of loaded`)),
      );
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} before it was loaded`)));
      worker.postMessage(message);
    });
    worker.removeAllListeners();
    // Never keeps the process alive.
    worker.unref();
    this.idle.push(worker);
  }
}

/** What emscripten sees of a worker. */
class StandIn {
  private worker: Worker | undefined;
  private readonly listeners = new Map<string, Listener[]>();

  constructor(
    private readonly pool: WorkerPool,
    private readonly url: string,
  ) {}

  on(event: string, listener: Listener): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }

  /** emscripten holds the process open for a running thread; ours are never what a process waits for. */
  ref(): void {}

  unref(): void {}

  terminate(): void {
    void this.worker?.terminate();
  }

  postMessage(message: Message): void {
    if (message.cmd === 'load') {
      this.pool.load(this.url, message, () => this.emit('message', { cmd: 'loaded' }));
      return;
    }
    if (message.cmd === 'run') {
      this.worker = this.pool.take();
      this.worker.on('message', (value: unknown) => this.emit('message', value));
      this.worker.on('error', (error) => this.emit('error', error));
      this.worker.unref();
    }
    this.worker?.postMessage(message);
  }

  private emit(event: string, value: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener(value);
  }
}

/**
 * The binary uses no more threads than half of what `os.cpus()` counts, which it looks at when the last worker is
 * loaded: two cores would be one thread. Runs synchronously, so that nobody else sees the other number.
 */
function withManyCores(cores: number, run: () => void): void {
  const os = createRequire(import.meta.url)('node:os') as { cpus: () => unknown[] };
  const { cpus } = os;
  os.cpus = () => Array.from({ length: cores }, () => cpus()[0]);
  syncBuiltinESMExports();
  try {
    run();
  } finally {
    os.cpus = cpus;
    syncBuiltinESMExports();
  }
}

/**
 * A view of the heap that is as long as the heap: one made before another thread grew it would be too short.
 * @param module the backend's emscripten module
 */
export function followHeap(module: {
  HEAPU8: Uint8Array;
  readonly wasmMemory: { readonly buffer: ArrayBufferLike };
}): void {
  let view = module.HEAPU8;
  Object.defineProperty(module, 'HEAPU8', {
    configurable: true,
    get: () => {
      if (view.buffer !== module.wasmMemory.buffer) view = new Uint8Array(module.wasmMemory.buffer);
      return view;
    },
    set: (value: Uint8Array) => {
      view = value;
    },
  });
}

import { Worker, type TransferListItem, type WorkerOptions } from 'node:worker_threads';

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A thread that answers requests: its script is sent `{ id, …request }` and posts `{ id, …answer }` back, in any order.
 * Only what it is asked for keeps the process alive.
 */
export class AnsweringThread<Request extends object, Answer extends { readonly id: number }> {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting<Answer>>();
  private requests = 0;
  private reason: Error | undefined;

  /** @param ended what to say where it ended without an error */
  constructor(script: URL, ended: string, options?: WorkerOptions) {
    this.worker = new Worker(script, options);
    this.worker.on('message', (answer: Answer) => this.settle(answer));
    this.worker.on('error', (error: Error) => this.end(error));
    this.worker.on('exit', () => this.end(new Error(ended)));
    this.worker.unref();
  }

  /** Whether it has ended, and can answer no more. */
  get hasEnded(): boolean {
    return this.reason !== undefined;
  }

  /**
   * @param handOver memory that the thread takes over
   * @throws Error why the thread ended, where it did
   */
  ask(request: Request, handOver: readonly TransferListItem[] = []): Promise<Answer> {
    if (this.reason) return Promise.reject(this.reason);
    return new Promise((resolve, reject) => {
      const id = this.requests++;
      if (this.waiting.size === 0) this.worker.ref();
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ ...request, id }, handOver);
    });
  }

  /** Ends it; what it is still asked for fails. */
  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  private settle(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0) this.worker.unref();
    waiting?.resolve(answer);
  }

  private end(reason: Error): void {
    this.reason ??= reason;
    for (const { reject } of this.waiting.values()) reject(this.reason);
    this.waiting.clear();
  }
}

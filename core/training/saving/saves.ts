import type { Stateful } from '../../contracts/index.js';
import type { Saving } from './writer.js';

/**
 * Saves the run's state so that it can go on from here. Resolves when it is taken down; it is written while the
 * training goes on.
 * @param best whether the model is the best one so far and is to be kept by itself, too
 */
export type Save = (parts: Readonly<Record<string, Stateful>>, best: boolean) => Promise<Saving>;

/** A run's checkpoints, one under way at a time. */
export class Saves {
  private last: Promise<void> = Promise.resolve();

  /** @param onSaved told when a checkpoint is in place: after which step it was taken, and its file */
  constructor(
    private readonly save: Save,
    private readonly onSaved: (step: number, file: string) => void,
  ) {}

  /** Settles when the checkpoint under way is in place, and that is told; fails where it could not be written. */
  get settled(): Promise<void> {
    return this.last;
  }

  /** Waits for the checkpoint before, if that is not in place yet, and fails where that did. */
  async take(parts: Readonly<Record<string, Stateful>>, step: number, best: boolean): Promise<void> {
    await this.last;
    const { file, written } = await this.save(parts, best);
    this.last = written.then(() => this.onSaved(step, file));
    // Told by whoever waits for it next.
    this.last.catch(() => undefined);
  }
}

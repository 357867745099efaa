/** Measures how much of the time goes into waiting for batches. */
export class Waiting {
  private waited = 0;
  private worked = 0;
  private since = performance.now();

  /** Begins an epoch: what was measured before, and the time since, do not count. */
  begin(): void {
    [this.waited, this.worked, this.since] = [0, 0, performance.now()];
  }

  /** A batch has arrived. */
  arrived(): void {
    this.waited += this.lap();
  }

  /** All is done with it; the next one is asked for. */
  asked(): void {
    this.worked += this.lap();
  }

  /** 0–1. */
  get share(): number {
    return this.waited / Math.max(1, this.waited + this.worked);
  }

  private lap(): number {
    const now = performance.now();
    const lap = now - this.since;
    this.since = now;
    return lap;
  }
}

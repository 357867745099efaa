/** Mean and standard deviation of numbers as they come (Welford 1962): no digits are lost to large sums. */
export class Moments {
  count = 0;
  min = Infinity;
  max = -Infinity;
  mean = 0;
  private squares = 0;

  add(value: number): void {
    this.count += 1;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    const before = value - this.mean;
    this.mean += before / this.count;
    this.squares += before * (value - this.mean);
  }

  /** Of the numbers themselves, not of a population that they stand for. */
  get std(): number {
    return Math.sqrt(this.squares / Math.max(1, this.count));
  }
}

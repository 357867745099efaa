import {
  MtlError,
  type HostTarget,
  type Metric,
  type Raster,
  type Sample,
  type Split,
  type Task,
} from '../../../core/index.js';

/** The sum of squared differences over labelled pixels, per pixel: a mean that depends on every pixel alike. */
export class SquaredError implements Metric {
  private sum = 0;
  private count = 0;
  readonly higherIsBetter = false;

  constructor(readonly name = 'squared') {}

  reset(): void {
    [this.sum, this.count] = [0, 0];
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    mask.forEach((valid, pixel) => {
      if (!valid) return;
      this.sum += (prediction.data[pixel]! - target.data[pixel]!) ** 2;
      this.count += 1;
    });
  }

  compute(): number {
    if (this.count === 0) throw new MtlError('METRIC_EMPTY', 'no labelled pixel');
    return this.sum / this.count;
  }
}

/** A task that learns one number per pixel from the labels of its name, 0 = none; its trivial predictor knows the mean. */
export function numberTask(
  name: string,
  metrics: () => readonly Metric[] = () => [new SquaredError()],
): Task {
  const target = ({ labels }: Sample): HostTarget | undefined => {
    const value = labels[name];
    return value && { value, mask: Uint8Array.from(value.data, (number) => Number(number > 0)) };
  };
  return {
    name,
    kind: 'regression',
    channels: 1,
    targetChannels: 1,
    targetSize: (image: { height: number; width: number }) => image,
    target,
    metrics,
    trivial: () => {
      let [sum, count] = [0, 0];
      return {
        name: 'mean',
        update({ value, mask }: HostTarget) {
          mask.forEach((valid, pixel) => {
            if (!valid) return;
            sum += value.data[pixel]!;
            count += 1;
          });
        },
        compute: () => [sum / count],
      };
    },
  } as unknown as Task;
}

/** Samples of one row, with the labels given for each; null = the sample has none. */
export function rows(name: string, values: readonly (readonly number[] | null)[]): Split {
  return {
    length: values.length,
    sample: (index) => {
      const row = values[index]!;
      const width = row?.length ?? values.find((other) => other !== null)!.length;
      const size = { height: 1, width };
      return Promise.resolve({
        id: String(index),
        ...size,
        image: { ...size, channels: 3, data: new Uint8Array(3 * width).fill(index) },
        labels: row ? { [name]: { ...size, channels: 1, data: Float32Array.from(row) } } : {},
      });
    },
  };
}

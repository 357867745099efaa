import {
  Loader,
  Reader,
  type HostTarget,
  type LabelInfo,
  type LoaderSettings,
  type Raster,
  type Sample,
  type Split,
  type Task,
} from '../../../core/index.js';

export const labelInfos: Readonly<Record<string, LabelInfo>> = {
  segmentation: { kind: 'classes', names: ['a', 'b'], colors: [], void: 255 },
  depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 10] },
  disparity: { kind: 'scalar', unit: '1/m', zoom: 'keep', range: [0, 1] },
  normals: { kind: 'directions' },
};

/** A raster whose values come from (y, x, channel). */
export function raster<T extends Raster['data']>(
  data: new (length: number) => T,
  height: number,
  width: number,
  channels: number,
  value: (y: number, x: number, channel: number) => number,
): Raster<T> {
  const out = new data(height * width * channels);
  for (let at = 0; at < out.length; at++) {
    const pixel = Math.floor(at / channels);
    out[at] = value(Math.floor(pixel / width), pixel % width, at % channels);
  }
  return { height, width, channels, data: out };
}

/** A sample in which the image and every label tell where a pixel came from. */
export function coordinateSample(height: number, width: number, id = 'sample'): Sample {
  return {
    id,
    height,
    width,
    image: raster(Uint8Array, height, width, 3, (y, x, channel) => [y, x, y + x][channel]!),
    labels: {
      segmentation: raster(Int32Array, height, width, 1, (y, x) => y * width + x),
      depth: raster(Float32Array, height, width, 1, (y, x) => 1 + y * width + x),
      disparity: raster(Float32Array, height, width, 1, (y, x) => 1 + y * width + x),
      normals: raster(Float32Array, height, width, 3, (y, x, channel) => [x + 1, y, 1][channel]!),
    },
  };
}

/** A task that reads one label as it is; only what loading needs of a task. */
export function labelTask(name: string, channels = 1): Task {
  return {
    name,
    targetChannels: channels,
    targetSize: (image: { height: number; width: number }) => image,
    target: ({ labels }: Sample): HostTarget | undefined => {
      const value = labels[name];
      return value && { value, mask: new Uint8Array(value.height * value.width).fill(1) };
    },
  } as unknown as Task;
}

/** A split whose samples differ, with a look at what is being read. */
export class WatchedSplit implements Split {
  reading = 0;
  mostReading = 0;
  readonly started: number[] = [];

  constructor(
    readonly length: number,
    private readonly options: { readonly fails?: number; readonly delay?: (index: number) => number } = {},
  ) {}

  async sample(index: number): Promise<Sample> {
    this.started.push(index);
    this.mostReading = Math.max(this.mostReading, ++this.reading);
    try {
      await new Promise((resolve) => setTimeout(resolve, this.options.delay?.(index) ?? 0));
      if (index === this.options.fails) throw new Error(`sample ${index} is broken`);
      const sample = coordinateSample(7, 9, `s${index}`);
      sample.image.data.fill(index);
      return sample;
    } finally {
      this.reading--;
    }
  }
}

/** A split's batches, loaded on this thread. */
export async function loaderOf(
  split: Split,
  tasks: readonly Task[],
  {
    labels = labelInfos,
    ...settings
  }: LoaderSettings & { readonly labels?: Readonly<Record<string, LabelInfo>> } = {},
): Promise<Loader> {
  const dataset = { size: { height: 1, width: 1 }, labels, split: () => Promise.resolve(split) };
  return new Loader(await new Reader({ dataset, tasks, memory: 0 }).source('train'), settings);
}

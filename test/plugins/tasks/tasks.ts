/** What the tests of the tasks share. */
import {
  Registry,
  RunContainer,
  tokens,
  type DataInfo,
  type HostTarget,
  type LabelInfo,
  type Raster,
  type Sample,
  type Size,
  type Task,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';

const gray = [9, 9, 9] as const;

/** A data set with a label of each kind; class ids 0–3, void 255. */
export const labels = {
  segmentation: { kind: 'classes', names: ['a', 'b', 'c', 'd'], colors: [gray, gray, gray, gray], void: 255 },
  depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 10] },
  normals: { kind: 'directions' },
  weather: { kind: 'imageClass', names: ['dry', 'wet', 'snow'] },
  people: { kind: 'imageNumber', unit: 'people' },
} as const satisfies Readonly<Record<string, LabelInfo>>;

const registry = new Registry([builtin]);

/** @param type of the task, its name unless another is given */
export function makeTask(type: string, options: Readonly<Record<string, unknown>> = {}, name = type): Task {
  const data: DataInfo = { size: { height: 4, width: 4 }, labels };
  const deps = new RunContainer()
    .provide(tokens.registry, registry)
    .provide(tokens.taskName, name)
    .provide(tokens.data, data);
  return registry.create('task', { name: type, ...options }, deps, `tasks.${name}`);
}

/** A map; by default one row. */
export function raster(
  data: readonly number[],
  { width, channels = 1 }: { width?: number; channels?: number } = {},
): Raster<Float32Array> {
  const columns = width ?? data.length / channels;
  return {
    width: columns,
    height: data.length / channels / columns,
    channels,
    data: Float32Array.from(data),
  };
}

/** A black image of this size with these labels. */
export function sampleOf(given: Sample['labels'], size: Size = Object.values(given)[0]!): Sample {
  const { height, width } = size;
  const image = { height, width, channels: 3, data: new Uint8Array(height * width * 3) };
  return { id: 'sample', height, width, image, labels: given };
}

export function targetIn(task: Task, given: Sample['labels'], size?: Size): HostTarget {
  const target = task.target(sampleOf(given, size));
  if (!target) throw new Error(`no target of ${task.name}`);
  return target;
}

/** What the trivial predictor of a task makes of some targets. */
export function trivialOf(task: Task, targets: readonly HostTarget[]): readonly [string, ...number[]] {
  const trivial = task.trivial();
  for (const target of targets) trivial.update(target);
  return [trivial.name, ...trivial.compute()];
}

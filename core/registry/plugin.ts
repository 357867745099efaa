import type { z } from 'zod';
import type {
  Architecture,
  Auxiliary,
  Backbone,
  Dataset,
  Engine,
  Exporter,
  Loss,
  Metric,
  Optimizer,
  Task,
  TransferNet,
  Weighter,
} from '../contracts/index.js';
import type { Deps } from './deps.js';

/** What each kind of plugin makes. */
export interface Kinds {
  task: Task;
  backbone: Backbone;
  transferNet: TransferNet;
  loss: Loss;
  weighter: Weighter;
  architecture: Architecture;
  auxiliary: Auxiliary;
  dataset: Dataset;
  engine: Engine;
  optimizer: Optimizer;
  metric: Metric;
  exporter: Exporter;
}

/** A kind of part, e.g. `weighter`. */
export type Kind = keyof Kinds;

/** Where a plugin lists its parts of each kind; a missing kind is a compile error here. */
export const kindFields = {
  task: 'tasks',
  backbone: 'backbones',
  transferNet: 'transferNets',
  loss: 'losses',
  weighter: 'weighters',
  architecture: 'architectures',
  auxiliary: 'auxiliaries',
  dataset: 'datasets',
  engine: 'engines',
  optimizer: 'optimizers',
  metric: 'metrics',
  exporter: 'exporters',
} as const satisfies Record<Kind, string>;

/** The kinds of parts that a plugin can define. */
export const kinds = Object.keys(kindFields) as readonly Kind[];

/** One named part: what it is, what it takes, how it is made. */
export interface PartDefinition<T, Options extends z.ZodType = z.ZodType> {
  /** One line for `mtl plugins`. */
  readonly description: string;
  /** Its options; every option has a default or is required, and unknown ones are refused. */
  readonly options: Options;
  /**
   * Makes the part.
   * @param options checked, defaults filled in
   * @param deps what the run offers
   */
  create(options: z.output<Options>, deps: Deps): T;
}

/** A config fragment that `extends:` can name; written like a config file. In a comparison, one written like its file. */
export type Preset = Readonly<Record<string, unknown>>;

/** Parts, presets and comparisons under one name. */
export type Plugin = {
  readonly name: string;
  /**
   * `import.meta.url` of the module whose default export it is: where worker threads find it. A plugin named in a config
   * needs none; without, a program's data are loaded on its own thread.
   */
  readonly module?: string;
  readonly presets?: Readonly<Record<string, Preset>>;
  /** What `mtl compare --preset` can name; each written like a comparison file. */
  readonly comparisons?: Readonly<Record<string, Preset>>;
} & {
  readonly [K in Kind as (typeof kindFields)[K]]?: Readonly<Record<string, PartDefinition<Kinds[K]>>>;
};

/** Where a plugin lists what is written like a file, and what one of them is called. */
export const presetFields = { presets: 'preset', comparisons: 'comparison' } as const;

export type PresetField = keyof typeof presetFields;

/** Ties a part's options schema to its `create`, so that the options are typed. */
export function definePart<T, Options extends z.ZodType>(
  part: PartDefinition<T, Options>,
): PartDefinition<T, Options> {
  return part;
}

/** A plugin is a plain object; this only types it. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}

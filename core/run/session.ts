import type { Dataset, Engine, Optimizer, Task, Weighter } from '../contracts/index.js';
import type { Config, LoadedConfig } from '../config/index.js';
import { badValue } from '../errors.js';
import { resolveEdges, type Model } from '../model/index.js';
import type { Consistency } from '../objective/index.js';
import { partName, tokens, type Deps, type Registry } from '../registry/index.js';
import { buildModel } from './build-model.js';
import { DataLoading, dataInfo, openData, runContainer } from './data.js';
import { startEngine } from './engines.js';
import { openFrozenModel } from './frozen-model.js';

/** A config come to life: engine started, parts made, model built. */
export interface Session {
  readonly config: Config;
  readonly registry: Registry;
  readonly deps: Deps;
  readonly engine: Engine;
  readonly dataset: Dataset;
  /** Its splits as batches. */
  readonly loading: DataLoading;
  readonly tasks: readonly Task[];
  readonly model: Model;
  readonly consistency: Consistency | undefined;
  /** Frees the model and ends the loader threads. */
  dispose(): void;
}

/**
 * Makes all that a config names.
 * @param initialize false where the parameters are about to be restored
 * @throws MtlError whatever a part has to complain about
 */
export async function openSession(
  loaded: LoadedConfig,
  { initialize }: { initialize: boolean },
): Promise<Session> {
  const { config, registry } = loaded;
  const deps = runContainer(loaded);
  const engine = await startEngine({ ...loaded, engine: config.engine }, deps);
  const data = openData(loaded);
  const { dataset, tasks } = data;
  deps
    .provide(tokens.data, dataInfo(dataset))
    .provide(tokens.openFrozenModel, (folder) => openFrozenModel(loaded, folder));
  const consistency = consistencyOf(config, registry, deps, tasks);
  const model = buildModel(loaded, deps, { tasks, initialize });
  const loading = new DataLoading(loaded, data);
  return {
    config,
    registry,
    deps,
    engine,
    dataset,
    loading,
    tasks,
    model,
    consistency,
    dispose() {
      loading.dispose();
      model.dispose();
    },
  };
}

export function makeWeighter({ config, registry, deps, tasks }: Session): Weighter {
  const weighter = registry.create('weighter', config.weighter, deps);
  weighter.setup({
    tasks: tasks.map(({ name }) => name),
    kinds: tasks.map(({ kind }) => kind),
    seed: config.train.seed,
  });
  return weighter;
}

export function makeOptimizer({ config, registry, deps }: Session): Optimizer {
  return registry.create('optimizer', config.train.optimizer, deps, 'train.optimizer');
}

function consistencyOf(
  { consistency }: Config,
  registry: Registry,
  deps: Deps,
  tasks: readonly Task[],
): Consistency | undefined {
  if (!consistency) return undefined;
  const loss = registry.create('loss', consistency.loss, deps, 'consistency.loss');
  if (loss.role !== 'consistency') {
    throw badValue('CONFIG_INVALID', {
      what: 'consistency.loss',
      expected: 'a loss that compares tasks, e.g. xtc or align',
      found: `"${partName(consistency.loss)}", which compares a prediction with labels`,
      fix: 'name it under tasks.TASK.loss',
    });
  }
  const { lambda, warmup, cycles } = consistency;
  if (typeof lambda !== 'number') {
    const names = tasks.map(({ name }) => name);
    const odd = [
      ...names.filter((name) => !(name in lambda)),
      ...Object.keys(lambda).filter((name) => !names.includes(name)),
    ];
    if (odd.length > 0) {
      throw badValue('CONFIG_INVALID', {
        what: 'consistency.lambda',
        expected: `one number, or one for each of ${names.join(', ')}`,
        found: Object.keys(lambda).join(', '),
      });
    }
  }
  if (cycles > 0) requirePairs(resolveEdges(tasks, consistency.edges));
  return {
    loss,
    lambda: Object.fromEntries(
      tasks.map(({ name }) => [name, typeof lambda === 'number' ? lambda : lambda[name]!]),
    ),
    warmup,
    cycles,
  };
}

/** @throws MtlError `CONFIG_INVALID` where no edge has one that leads back */
function requirePairs(edges: ReturnType<typeof resolveEdges>): void {
  if (edges.some((edge) => edges.some(({ from, to }) => from === edge.to && to === edge.from))) return;
  throw badValue('CONFIG_INVALID', {
    what: 'consistency.cycles',
    expected: 'edges that lead from a task to another and back',
    found: edges.map(({ from, to }) => `[${from.name}, ${to.name}]`).join(', ') || 'no edges',
    fix: 'add the way back to consistency.edges, or leave cycles out',
  });
}

import { z } from 'zod';
import { tokens, type Deps, type Metric } from '../../core/index.js';

/** The option `metrics` of a task. */
export function metricNames(defaults: string[]) {
  return z.array(z.string()).min(1).default(defaults).describe('The first one stands for the task.');
}

/**
 * The metrics that a task's options name.
 * @param options what a metric of that name is to be told, e.g. the number of classes
 */
export function namedMetrics(
  deps: Deps,
  names: readonly string[],
  options: (name: string) => Readonly<Record<string, unknown>> = () => ({}),
): Metric[] {
  const path = `tasks.${deps.get(tokens.taskName)}.metrics`;
  const registry = deps.get(tokens.registry);
  return names.map((name) => registry.create('metric', { name, ...options(name) }, deps, path));
}

import { z } from 'zod';
import { definePart, type Architecture, type Network } from '../../core/index.js';
import { attentionNetwork } from './segnet/attention.js';
import { segNetSettings } from './segnet/settings.js';

/** STAN (Liu et al. 2019): MTAN for one task alone, a network of its own per task. */
export const stan = definePart({
  description: 'A SegNet with attention modules of its own per task, nothing shared (STAN).',
  options: z.strictObject({}),
  create: (): Architecture => ({
    build(context): Network {
      const settings = segNetSettings('stan', context);
      const networks = settings.tasks.map((task) =>
        attentionNetwork({ ...settings, tasks: [task] }, `.${task.name}`),
      );
      return {
        parts: Object.fromEntries(networks.flatMap(({ parts }) => Object.entries(parts))),
        featureShapes: joined(networks.map(({ featureShapes }) => featureShapes!)),
        forward(image, options) {
          const outputs = networks.map((network) => network.forward(image, options));
          const direct = joined(outputs.map((output) => output.direct));
          if (!options.features) return { direct };
          return { direct, features: joined(outputs.map(({ features }) => features!)) };
        },
      };
    },
  }),
});

/** What several networks have for tasks of their own, by task. */
function joined<T>(each: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  return Object.fromEntries(each.flatMap((own) => Object.entries(own)));
}

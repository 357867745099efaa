import { z } from 'zod';
import { definePart, type Metric, type PartDefinition } from '../../core/index.js';
import { AngleMean } from './angle-mean.js';

const options = z.strictObject({});

/** The share of labelled pixels whose direction is less than so many degrees off (Eigen & Fergus 2015). */
function within(name: string, limit: number): PartDefinition<Metric> {
  return definePart<Metric, typeof options>({
    description: `Share of pixels whose direction is less than ${limit}° off.`,
    options,
    create: () => new AngleMean(name, true, (degrees) => (degrees < limit ? 1 : 0)),
  });
}

export const within11 = within('within11', 11.25);
export const within22 = within('within22', 22.5);
export const within30 = within('within30', 30);

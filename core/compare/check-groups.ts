import { badValue } from '../errors.js';
import { partName } from '../registry/index.js';
import { runContainer } from '../run/data.js';
import type { Launch } from '../world/launch.js';
import type { ComparisonCell, LoadedComparison } from './load.js';

/**
 * Sees that ranks can share out a comparison in groups.
 * @param size ranks of a group
 * @throws MtlError `CONFIG_INVALID`, naming the row that cannot be trained so
 */
export function assertGroups({ cells }: LoadedComparison, launch: Pick<Launch, 'size'>, size: number): void {
  if (launch.size % size !== 0) {
    throw badValue('CONFIG_INVALID', {
      what: '--group',
      expected: `a divisor of the number of ranks, ${launch.size}`,
      found: String(size),
    });
  }
  const [first] = cells as [ComparisonCell];
  for (const cell of cells) {
    assertEngine(cell, partName(first.loaded.config.engine));
    assertImages(cell, size);
  }
}

/** A process computes on one engine, over which its ranks meet once. */
function assertEngine({ row, loaded }: ComparisonCell, first: string): void {
  const { engine } = loaded.config;
  const name = partName(engine);
  const joins =
    name !== 'auto' && loaded.registry.create('engine', engine, runContainer(loaded)).joinWorld !== undefined;
  if (joins && name === first) return;
  throw badValue('CONFIG_INVALID', {
    what: `engine of row "${row}"`,
    expected: joins ? `"${first}", as of the rows before` : 'one that several processes can share',
    found: `"${name}"`,
    fix: 'take --engine torch',
  });
}

function assertImages({ row, loaded }: ComparisonCell, size: number): void {
  const { batchSize } = loaded.config.train;
  if (batchSize >= size) return;
  throw badValue('CONFIG_INVALID', {
    what: `train.batchSize of row "${row}"`,
    expected: `at least ${size}, an image for each rank of a group`,
    found: String(batchSize),
  });
}

/** What the tests of the addon's convolutions compute, with vectors as long as the processor's and with shorter ones. */
import { addonInUse } from './addon-in-use.js';
import { convolutionErrors } from './programs.js';

/** AVX-512's; AVX2's; libtorch's convolutions alone. A processor without the first has the second in its place. */
const lengths = [16, 8, 0];

export async function errorsByVectors(): Promise<Record<string, number>> {
  const { kernels } = addonInUse();
  const all: Record<string, number> = {};
  for (const lanes of lengths) {
    kernels.limitVectors!(lanes);
    const errors = await convolutionErrors();
    for (const [name, error] of Object.entries(errors)) all[`${name}, vectors of ${lanes}`] = error;
  }
  return all;
}

/** Packages that crosstask can use but does not install: some engines stand on them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface PeerPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** What `import()` takes. */
  readonly url: string;
}

/** Where packages are looked for: beside crosstask, then beside whatever the user is working on. */
function searchFrom(): readonly (string | URL)[] {
  return [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json'))];
}

/** Finds an installed package without loading it. */
export function findPeer(
  name: string,
  from: readonly (string | URL)[] = searchFrom(),
): PeerPackage | undefined {
  for (const place of from) {
    const require = createRequire(place);
    try {
      const manifest = require.resolve(`${name}/package.json`);
      const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
      const url = pathToFileURL(require.resolve(name)).href;
      return { name, version, folder: dirname(manifest), url };
    } catch {
      // Not there, or not whole: the next place may have it.
    }
  }
  return undefined;
}

/** The version of TensorFlow.js that crosstask itself runs on. */
export function tfjsVersion(): string {
  const { version } = createRequire(import.meta.url)('@tensorflow/tfjs/package.json') as { version: string };
  return version;
}

/** TensorFlow.js' packages are released together; across minor versions a backend and its core do not fit. */
export function isSameRelease(left: string, right: string): boolean {
  return release(left) === release(right);
}

/** `4.22` */
export function release(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

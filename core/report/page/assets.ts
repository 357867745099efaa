import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readRegularFileSync } from '../../io/read-file.js';

/** A script or style sheet that stands in the page itself. */
export interface Asset {
  readonly text: string;
  /** What a content security policy names it by. */
  readonly hash: string;
}

/** What `scripts/bundle-report.mjs` made of `client/` and `style.css`. */
export function readAssets(): { readonly script: Asset; readonly style: Asset } {
  return { script: assetOf('client.js'), style: assetOf('style.css') };
}

function assetOf(name: string): Asset {
  const text = readRegularFileSync(join(import.meta.dirname, name)).toString('utf8');
  return { text, hash: `sha256-${createHash('sha256').update(text).digest('base64')}` };
}

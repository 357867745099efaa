import { badValue, show } from '../errors.js';
import { merge, type Fragment } from './merge.js';

/**
 * What flags such as `train.epochs=3` say, as a config. Values are JSON where they parse as such, else text; of two
 * flags for one key the later one counts.
 * @throws MtlError `CONFIG_INVALID`
 */
export function parseOverrides(overrides: readonly string[]): Fragment {
  return overrides.reduce<Fragment>((merged, override) => merge(merged, parseOverride(override)), {});
}

function parseOverride(override: string): Fragment {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(override) ?? [];
  const keys = path?.split('.') ?? [];
  if (text === undefined || keys.includes('')) {
    throw badValue('CONFIG_INVALID', {
      what: '--set',
      expected: 'key.path=value, e.g. train.epochs=3',
      found: show(override),
    });
  }
  return keys.reduceRight<unknown>((value, key) => ({ [key]: value }), parseValue(text)) as Fragment;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

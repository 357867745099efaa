import { badValue, messageOf, readRegularFile } from '../../../core/index.js';

/** Names or rows of some million samples. */
const longestList = 256 * 2 ** 20;

/**
 * A text file that says something of many samples.
 * @param what the option that names it
 * @throws MtlError `DATA_INVALID`
 */
export async function readList(file: string, what: string, fix?: string): Promise<string> {
  try {
    return (await readRegularFile(file, longestList)).toString('utf8');
  } catch (error) {
    throw badValue(
      'DATA_INVALID',
      { what, expected: `a readable file ${file}`, found: messageOf(error), ...(fix ? { fix } : {}) },
      { cause: error },
    );
  }
}

import { resolve } from 'node:path';
import { definePart, tokens } from '../../../core/index.js';
import { FolderDataset } from './dataset.js';
import { folderOptions } from './options.js';

/**
 * Images and labels in your own files, found by globs and paired by name.
 *
 * ```yaml
 * dataset:
 *   name: folders
 *   root: ./data/desk              # relative to the config file's folder
 *   size: [240, 320]               # height, width; everything is resized to it
 *   rgb: rgb/*.png
 *   labels: { files: semantic/*.png, classes: [table, box, cylinder, other] }
 *   depth: { files: depth/*.png, scale: 0.001 }
 *   split: { train: learn*, val: { from: train, fraction: 0.2 }, test: test* }
 * ```
 *
 * **Pairing.** A file's name is its path from the glob's last fixed folder, without extension: `rgb/a/07.png` found by
 * `rgb/**` is `a/07`, and belongs to the label `semantic/a/07.png`. `suffix` removes what differs, e.g.
 * `suffix: { rgb: _leftImg8bit, labels: _gtFine_labelIds }`. Every image needs all configured labels, unless
 * `allowMissing: true`; then an image may lack some, and label files without an image are passed over.
 *
 * **unlabelled**: a glob of images without any label, which `rgb` does not find. They come to the training split, named
 * `unlabelled/NAME`; consistency between the tasks (`xtc`) learns from them.
 *
 * **labels** (label `segmentation`): grey or palette PNGs of class ids, 8 or 16 bits.
 * `classes` their number or names; `map: { 7: 0, 8: 0, 11: 1 }` from file value to class id, where they differ;
 * `void` file values without a class (default [255]); `colors` RGB by class id; `channel` 0–2 where the ids
 * stand in one channel of a colour picture. Any other value is an error.
 *
 * **depth** (label `depth`): 16-bit grey PNGs. `scale` metres per unit (default 0.001); `invalid` the file value
 * without depth (default 0); `max` greatest value to be trusted, beyond it there is no label; `inverse: true` where
 * the files hold inverse depth (value · scale in 1/m).
 *
 * **normals** (label `normals`): 8-bit RGB, n = 2·p/255 − 1, x right, y down, z away from the camera;
 * (0, 0, 0) and (128, 128, 128) are no direction.
 *
 * **table** (labels of the whole image, by their columns' names): a CSV file whose first line names the columns, e.g.
 * `{ file: labels.csv, name: name, classes: { weather: [clear, hazy] }, numbers: { people: people } }`.
 * `name` the column with the samples' names (default `name`); `classes` from column to class names, in the order of
 * their ids; `numbers` from column to unit. An empty cell: the sample lacks that label. Other columns are passed
 * over. Every image needs one line, unless `allowMissing: true`; a line without an image is an error either way, and
 * so are unknown classes and texts that are no numbers.
 *
 * **split**, one of
 * - patterns over names: `{ train: learn*, test: [test*, '!test43'] }`, with `*`, `**`, `?`, `[0-9]`, `{a,b}`,
 *   and `!` to take out; any of them may instead be a text file of names, `{ list: train.txt }`; `val` may be
 *   a random part taken out of train, `{ from: train, fraction: 0.2, seed: 0 }`;
 * - a JSON file of names: `{ file: splits.json }` with `{ "train": ["a", "b"], "val": ["c"] }`;
 * - random shares: `{ train: 0.8, val: 0.1, test: 0.1, seed: 0 }`.
 * The split's seed is its own, so that runs with different seeds are measured on the same samples. A sample in
 * two splits is an error.
 */
export const folders = definePart({
  description:
    'your own images, class maps, depth maps, normals and labels from a CSV table, found by globs and paired by name',
  options: folderOptions,
  create: (options, deps) => new FolderDataset(resolve(deps.get(tokens.baseFolder), options.root), options),
});

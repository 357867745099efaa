// Writes plugins/datasets/nyuv2/class-tables.ts from the class maps that Gupta et al. (CVPR 2013, 40 classes) and Couprie
// et al. (2013, 13 classes) publish for NYUv2: classMapping40.mat and class13Mapping.mat, here as in
// https://github.com/ankurhanda/nyuv2-meta-data at b92d15c.
//
//     npm run build && node scripts/nyuv2-classes.mjs FOLDER_WITH_THE_MAT_FILES
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMat5 } from '../dist/plugins/datasets/common/mat5.js';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node scripts/nyuv2-classes.mjs FOLDER_WITH_THE_MAT_FILES');
  process.exit(2);
}

function numbers(file, name) {
  const path = join(folder, file);
  const array = parseMat5(readFileSync(path), path).get(name);
  if (!array) throw new Error(`${path} has no array "${name}"`);
  return [...array.data];
}

function list(values) {
  const lines = [];
  for (let at = 0; at < values.length; at += 30) lines.push(`  ${values.slice(at, at + 30).join(', ')},`);
  return `[\n${lines.join('\n')}\n]`;
}

const objects = numbers('classMapping40.mat', 'mapClass');
const classes = numbers('class13Mapping.mat', 'classMapping13.labels13');
if (objects.length !== 894 || classes.length !== 40) throw new Error('the maps have not 894 and 40 entries');

writeFileSync(
  join(import.meta.dirname, '..', 'plugins', 'datasets', 'nyuv2', 'class-tables.ts'),
  `// Made by scripts/nyuv2-classes.mjs from classMapping40.mat and class13Mapping.mat.

/** The class of 40, 1–40, of each of the 894 objects, 1–894 in the file's labels; entry 0 is object 1. */
// prettier-ignore
export const objectsTo40: readonly number[] = ${list(objects)};

/** The class of 13, 1–13, of each of the 40 classes; entry 0 is class 1. */
// prettier-ignore
export const classes40To13: readonly number[] = ${list(classes)};
`,
);

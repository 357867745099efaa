/**
 * Trains into a folder, or goes on there; prints the step of each checkpoint as soon as it is in place: `node kill-process.js
 * FOLDER`, as one of several ranks with its `Launch`, as JSON, after it.
 */
import { writeSync } from 'node:fs';
import { train } from '../../../core/index.js';
import type { Launch } from '../../../core/world/launch.js';
import { killed } from './kills.js';

const [folder, launch] = process.argv.slice(2);
const amongRanks = ['engine={"name":"torch","threads":1}', 'distributed.timeout=10'];
await train(await killed(...(launch === undefined ? [] : amongRanks)), {
  folder: folder!,
  resume: true,
  ...(launch === undefined ? {} : { launch: JSON.parse(launch) as Launch }),
  onEvent: (event) => {
    if (event.type === 'start') writeSync(1, 'start\n');
    if (event.type === 'checkpoint') writeSync(1, `${event.step}\n`);
  },
});
writeSync(1, 'done\n');
process.exit();

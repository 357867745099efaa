/** Trains into a folder, or goes on there; prints the step of each checkpoint as soon as it is in place. */
import { writeSync } from 'node:fs';
import { train } from '../../../core/index.js';
import { killed } from './kills.js';

const [folder] = process.argv.slice(2);
await train(await killed(), {
  folder: folder!,
  resume: true,
  onEvent: (event) => {
    if (event.type === 'start') writeSync(1, 'start\n');
    if (event.type === 'checkpoint') writeSync(1, `${event.step}\n`);
  },
});
writeSync(1, 'done\n');
process.exit();

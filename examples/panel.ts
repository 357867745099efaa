/**
 * Pictures of a run's predictions, in a program: a row per image of the test split, with the image, and for each task
 * the truth and the prediction.
 *
 *     node dist/examples/panel.js RUN panel.png 4
 */
import {
  collate,
  loadRunConfig,
  modelPredictor,
  mosaic,
  openSession,
  prepare,
  readCheckpoint,
  restoreCheckpoint,
  RunFolder,
  writePicture,
  type RgbImage,
  type Session,
} from 'crosstask';
import { builtin } from 'crosstask/plugins';

const [run = 'runs/quickstart', file = 'panel.png', count = '4'] = process.argv.slice(2);

const loaded = await loadRunConfig(run, [builtin]);
const session = await openSession(loaded, { initialize: false });
restoreCheckpoint(readCheckpoint(new RunFolder(run).best), { model: session.model });
const split = await session.dataset.split('test');
const rows: RgbImage[][] = [];
for (let index = 0; index < Math.min(Number(count), split.length); index++)
  rows.push(await pictures(session, index));
await writePicture(file, mosaic(rows));
console.log(`Wrote ${file}`);
process.exit();

/** The image, then truth and prediction of each task. */
async function pictures({ tasks, model }: Session, index: number): Promise<RgbImage[]> {
  const sample = await split.sample(index);
  const predictions = await modelPredictor(model)(collate([prepare(sample, tasks)]));
  return [
    sample.image,
    ...tasks.flatMap((task) => {
      const size = { ...task.targetSize(sample), channels: task.targetChannels };
      const truth = task.target(sample);
      const black = { ...size, channels: 3, data: new Uint8Array(size.height * size.width * 3) };
      return [
        truth ? task.render(truth.value, truth.mask) : black,
        task.render({ ...size, data: predictions[task.name]! }),
      ];
    }),
  ];
}

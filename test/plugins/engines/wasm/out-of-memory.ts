/** Fills the heap of the wasm engine, as large as the flag --wasm-max-mem-pages lets it become, and says what came of it. */
import 'reflect-metadata';
import * as tf from '@tensorflow/tfjs';
import { createPart, type MtlError } from '../../../../core/index.js';
import { wasm } from '../../../../plugins/engines/wasm/index.js';

await createPart(wasm, { threads: Number(process.argv[2]) }).start();
const kept: tf.Tensor[] = [];
let failure: Partial<MtlError> = {};
try {
  for (let round = 0; round < 100; round++) kept.push(tf.add(tf.fill([1024, 1024, 8], 1), 1));
} catch (error) {
  failure = error as MtlError;
}
tf.dispose(kept);
const sum = tf.sum(tf.ones([1000])).dataSync()[0];
process.stdout.write(JSON.stringify({ code: failure.code, message: failure.message, sum }));
process.exit();

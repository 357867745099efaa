/** Answers with twice the number, the last question first where there are several; `end`s when told to. */
import { parentPort } from 'node:worker_threads';

interface Question {
  readonly id: number;
  readonly number?: number;
  readonly bytes?: ArrayBuffer;
  readonly end?: 'quietly' | 'with an error';
}

const waiting: Question[] = [];

parentPort!.on('message', (question: Question) => {
  if (question.end === 'quietly') process.exit(0);
  if (question.end === 'with an error') throw new Error('as it was told');
  waiting.push(question);
  setImmediate(() => {
    for (const { id, number, bytes } of waiting.splice(0).toReversed()) {
      parentPort!.postMessage({ id, number: bytes?.byteLength ?? 2 * number! });
    }
  });
});

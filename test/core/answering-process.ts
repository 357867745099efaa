/** Asks a thread one question, prints the answer, and has nothing more to do. */
import { AnsweringThread } from '../../core/answering-thread.js';

const script = new URL('./answering-script.js', import.meta.url);
const thread = new AnsweringThread<{ number: number }, { id: number; number: number }>(
  script,
  'it has ended',
);
console.log((await thread.ask({ number: 21 })).number);

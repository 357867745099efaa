import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { AnsweringThread } from '../../core/answering-thread.js';

interface Question {
  readonly number?: number;
  readonly bytes?: ArrayBuffer;
  readonly end?: 'quietly' | 'with an error';
}

interface Answer {
  readonly id: number;
  readonly number: number;
}

const script = new URL('./answering-script.js', import.meta.url);

describe('a thread that answers', () => {
  let thread: AnsweringThread<Question, Answer>;
  beforeEach(() => (thread = new AnsweringThread(script, 'it has ended')));
  afterEach(() => thread.terminate());

  it('gives each question its own answer, in whatever order they come', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((number) => thread.ask({ number })));
    expect(answers.map(({ number }) => number)).to.deep.equal([2, 4, 6, 8]);
  });

  it('takes memory over', async () => {
    const bytes = new ArrayBuffer(1000);
    const { number } = await thread.ask({ bytes }, [bytes]);
    expect([number, bytes.byteLength]).to.deep.equal([1000, 0]);
  });

  it('fails what it is asked for where it ends, and all that comes later', async () => {
    for (const [end, reason] of [
      ['quietly', 'it has ended'],
      ['with an error', 'as it was told'],
    ] as const) {
      const ending = new AnsweringThread<Question, Answer>(script, 'it has ended');
      const asked = [ending.ask({ end }), ending.ask({ number: 1 })];
      for (const { status, ...result } of await Promise.allSettled(asked)) {
        expect(status).to.equal('rejected');
        expect(result).to.have.nested.property('reason.message', reason);
      }
      expect(ending.hasEnded).to.equal(true);
      const later = await ending.ask({ number: 1 }).catch((error: unknown) => error);
      expect(later).to.have.property('message', reason);
    }
  });

  it('does not keep a process alive that asks for nothing more', () => {
    const program = fileURLToPath(new URL('./answering-process.js', import.meta.url));
    // Hangs, and is killed, where the thread holds it.
    const options = { encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' } as const;
    const printed = execFileSync(process.execPath, [program], options);
    expect(printed).to.equal('42\n');
  });
});

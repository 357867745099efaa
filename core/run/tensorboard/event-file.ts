import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeFailure } from '../../io/write-failure.js';
import { encodeEvent, type EventContent } from './messages.js';
import { frame } from './records.js';

/** The version of the format, which a file begins with. */
const fileVersion = 'brain.Event:2';

const fileName = /^events\.out\.tfevents\.(\d{10})\./;

/** A file of events as TensorBoard reads it: it grows by whole records, each in one write. */
export class EventFile {
  private readonly file: string;

  /**
   * Begins a file of its own, beside those that there are.
   * @param resumedAt steps done before; what earlier files have of later ones is passed over from now on
   * @throws MtlError `RUN_INVALID` that says what could not be written, and what to do
   */
  constructor(folder: string, resumedAt: number) {
    try {
      mkdirSync(folder, { recursive: true });
      this.file = join(folder, `${nextName(folder)}.${hostname()}.${process.pid}`);
    } catch (error) {
      throw writeFailure(folder, undefined, error);
    }
    this.append(0, { fileVersion });
    // TensorBoard drops what it has of this step and later ones; what came before stands.
    this.append(resumedAt + 1, { sessionLog: { status: 'START' } });
  }

  /**
   * @param step steps done in the whole run
   * @throws MtlError `RUN_INVALID`
   */
  append(step: number, content: EventContent): void {
    const record = frame(encodeEvent(Date.now() / 1000, step, content));
    try {
      appendFileSync(this.file, record);
    } catch (error) {
      throw writeFailure(this.file, record.length, error);
    }
  }
}

/** TensorBoard reads a folder's files in the order of their names: this one comes last, whatever the clock says. */
function nextName(folder: string): string {
  const before = readdirSync(folder).map((name) => Number(fileName.exec(name)?.[1] ?? 0));
  return `events.out.tfevents.${Math.max(Math.floor(Date.now() / 1000), ...before.map((time) => time + 1))}`;
}

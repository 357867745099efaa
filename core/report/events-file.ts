import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isGroup } from '../group.js';
import { checkRegularFile } from '../io/read-file.js';
import type { TrainingEvent } from '../training/index.js';

const lineEnd = 0x0a;

/** A run's `events.jsonl`, which may still grow: what was read is not read again. */
export class EventsFile {
  private known: TrainingEvent[] = [];
  /** What was read of the file: all up to the last whole line. */
  private end = 0;
  /** A resume writes a new file in place of the old one. */
  private inode: number | undefined;

  constructor(private readonly file: string) {}

  /** All events so far; none where there is no file yet. A line that is torn, or being written, is left out. */
  read(): readonly TrainingEvent[] {
    let descriptor: number;
    try {
      descriptor = openSync(this.file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.startOver(undefined);
      return this.known;
    }
    try {
      const entry = fstatSync(descriptor);
      checkRegularFile(entry);
      if (entry.ino !== this.inode || entry.size < this.end) this.startOver(entry.ino);
      this.take(descriptor, entry.size);
    } finally {
      closeSync(descriptor);
    }
    return this.known;
  }

  private startOver(inode: number | undefined): void {
    this.known = [];
    this.end = 0;
    this.inode = inode;
  }

  private take(descriptor: number, size: number): void {
    const bytes = Buffer.allocUnsafeSlow(size - this.end);
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(descriptor, bytes, length, bytes.length - length, this.end + length);
      if (count === 0) break;
      length += count;
    }
    const whole = bytes.subarray(0, length).lastIndexOf(lineEnd) + 1;
    if (whole === 0) return;
    const added = bytes.toString('utf8', 0, whole).split('\n').flatMap(eventOf);
    // A new list each time: who has the old one sees no change in it.
    this.known = [...this.known, ...added];
    this.end += whole;
  }
}

function eventOf(line: string): TrainingEvent[] {
  try {
    const event: unknown = JSON.parse(line);
    return isGroup(event) && typeof event['type'] === 'string' ? [event as TrainingEvent] : [];
  } catch {
    return [];
  }
}

import { expect } from 'chai';
import { encodeEvent, type EventContent } from '../../../../core/run/tensorboard/messages.js';
import { frame } from '../../../../core/run/tensorboard/records.js';
import { readJson } from '../../../oracles/values.js';

/** What test/oracles/event_files.py gave TensorBoard. */
const events: Readonly<Record<string, readonly [wallTime: number, step: number, content: EventContent]>> = {
  version: [1795653890.5, 0, { fileVersion: 'brain.Event:2' }],
  start: [1, 7, { sessionLog: { status: 'START' } }],
  scalars: [
    2,
    5_000_000_000,
    {
      summary: {
        value: [
          { tag: 'loss/depth/total', simpleValue: 1.25 },
          { tag: 'größe', simpleValue: -0 },
          { tag: 'ω', simpleValue: NaN },
        ],
      },
    },
  ],
  image: [
    3,
    1,
    {
      summary: {
        value: [
          {
            tag: 'a',
            image: {
              height: 2,
              width: 300,
              colorspace: 3,
              encodedImageString: Uint8Array.from({ length: 256 }, (_, at) => at),
            },
          },
        ],
      },
    },
  ],
};

describe('records of event files', () => {
  const expected = readJson('event-files.json') as Readonly<Record<string, string>>;

  for (const [name, event] of Object.entries(events)) {
    it(`are TensorBoard's own, byte for byte: ${name}`, () => {
      expect(frame(encodeEvent(...event)).toString('base64')).to.equal(expected[name]);
    });
  }
});

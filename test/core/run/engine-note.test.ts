import { expect } from 'chai';
import { engineNote } from '../../../core/run/engine-note.js';

describe('a run that goes on with an engine', () => {
  const use = (
    engine: string,
    engineDetail: string,
    config: Parameters<typeof engineNote>[0]['config'] = engine,
  ) => ({
    config,
    environment: { engine, engineDetail },
  });

  it('says nothing where nothing that matters differs', () => {
    expect(engineNote(use('wasm', '2 threads'), use('wasm', '4 threads'), {})).to.equal(undefined);
    const [before, now] = [use('wasm', 'x', { name: 'wasm', threads: 2 }), use('wasm', 'x', 'auto')];
    expect(engineNote(before, now, {})).to.equal(undefined);
    const torch = use('torch', 'libtorch 2.0, 2 threads');
    expect(engineNote(torch, torch, { digitsFollowDetail: true })).to.equal(undefined);
    expect(engineNote({ config: 'auto', environment: undefined }, torch, {})).to.equal(undefined);
  });

  it('says so of another engine, and of other options', () => {
    expect(engineNote(use('wasm', '1'), use('torch', '2'), {})).to.match(
      /^The run goes on with the engine torch \(2\), and ran with wasm \(1\) before: .* within tolerance\.$/,
    );
    const options = { name: 'torch', precision: 'bf16' };
    expect(engineNote(use('torch', '2'), use('torch', '2', options), {})).to.match(/within tolerance/);
  });

  it('says so of another number of threads where digits follow it', () => {
    const note = engineNote(use('torch', '2 threads'), use('torch', '4 threads'), {
      digitsFollowDetail: true,
    });
    expect(note).to.match(/torch \(4 threads\), and ran with torch \(2 threads\) before/);
  });

  it('goes by the last of several resumptions', () => {
    const before = {
      config: 'auto',
      environment: {
        engine: 'wasm',
        engineDetail: 'a',
        resumed: [{ time: '', engine: 'torch', engineDetail: 'b', step: 1 }],
      },
    };
    expect(engineNote(before, use('torch', 'b'), {})).to.equal(undefined);
    expect(engineNote(before, use('wasm', 'a'), {})).to.match(/ran with torch \(b\) before/);
  });
});

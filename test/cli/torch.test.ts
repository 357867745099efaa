import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describeOn } from '../engines.js';
import { events, mtl, start, tiny, workFolder, writeConfig } from './mtl.js';

/** The config names wasm; a flag names this engine. Transfer nets would only take time here. */
const config = { ...tiny, consistency: null, train: { ...tiny.train, checkpointEvery: 1 } };
const onTorch = ['--set', 'engine={"name":"torch","threads":1}'];

describeOn('torch', 'mtl train', function () {
  this.timeout(120_000);
  const work = workFolder();
  const metrics = (run: string): string => readFileSync(join(work.path, run, 'metrics.json'), 'utf8');

  before(async () => {
    writeConfig(work.path, config);
    expect(await mtl(['train', '--run', 'whole', ...onTorch], work.path)).to.include({ code: 0, stderr: '' });
  });

  it('trains, and says on which engine', () => {
    const environment = readFileSync(join(work.path, 'whole', 'environment.json'), 'utf8');
    expect(JSON.parse(environment)).to.include({ engine: 'torch' });
    expect(events(join(work.path, 'whole'))).to.have.length.above(4);
  });

  it('--engine torch is the same run', async () => {
    const flags = ['--engine', 'torch', '--set', 'engine.threads=1'];
    expect(await mtl(['train', '--run', 'flag', ...flags], work.path)).to.include({ code: 0, stderr: '' });
    expect(events(join(work.path, 'flag'))).to.deep.equal(events(join(work.path, 'whole')));
    expect(metrics('flag')).to.equal(metrics('whole'));
  });

  it('--resume goes on to the bit after a kill', async () => {
    let struck = false;
    const running = start(['train', '--run', 'killed', '--json', ...onTorch], work.path, (line) => {
      if (struck || !/"type":"epoch"/.test(line)) return;
      struck = true;
      running.child.kill('SIGKILL');
    });
    expect((await running.ended).code).to.equal('SIGKILL');
    expect(await mtl(['train', '--run', 'killed', '--resume'], work.path)).to.include({
      code: 0,
      stderr: '',
    });
    expect(events(join(work.path, 'killed'))).to.deep.equal(events(join(work.path, 'whole')));
    expect(metrics('killed')).to.equal(metrics('whole'));
  });
});

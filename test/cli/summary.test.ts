import { expect } from 'chai';
import { mtlHere, oneThread, workFolder, writeConfig } from './mtl.js';

describe('mtl summary', () => {
  const work = workFolder();

  it('counts the paper’s model', async () => {
    const { code, stdout } = await mtlHere(
      ['summary', '--preset', 'xtasc-net', '--set', 'backbone.name=resnet34', ...oneThread, '--json'],
      work.path,
    );
    expect(code).to.equal(0);
    const { parameters, macs } = JSON.parse(stdout) as {
      parameters: { total: number; parts: Record<string, number> };
      macs: number;
    };
    expect(parameters.total).to.equal(31553344);
    expect(parameters.parts).to.have.all.keys(
      'encoder',
      'decoder.segmentation',
      'decoder.depth',
      'transfer.segmentation-depth',
      'transfer.depth-segmentation',
    );
    expect(Object.values(parameters.parts).reduce((sum, part) => sum + part, 0)).to.equal(31553344);
    expect(macs).to.be.above(1e9);
  });

  it('shows parts, and layers where they are asked for', async () => {
    writeConfig(work.path);
    const parts = await mtlHere(['summary'], work.path);
    expect(parts.stdout)
      .to.match(/│ part +│ parameters │ +MACs │/)
      .and.match(/│ encoder +│ +[\d,]+ │/)
      .and.match(/│ total +│/);
    const layers = await mtlHere(['summary', '--layers'], work.path);
    expect(layers.stdout).to.match(/│ {3}\S+ +│ Conv2d +│ 16×32×4 +│/);
  });
});

describe('mtl summary with auxiliaries', () => {
  const work = workFolder();

  it('counts what is trained beside the model by itself', async () => {
    const segnet = ['--set', 'backbone={"name":"segnet","width":2}', '--set', 'dataset.size=[32,32]'];
    const short = ['dataset.train=2', 'dataset.val=2', 'train.epochs=1'].flatMap((each) => ['--set', each]);
    const run = ['train', '--preset', 'stan', ...segnet, ...short, ...oneThread, '--run', 'teachers'];
    expect((await mtlHere(run, work.path)).code).to.equal(0);
    const auxiliary = '[{"name":"kd4mtl","teachers":"teachers"}]';
    const shown = [
      'summary',
      '--preset',
      'kd4mtl',
      ...segnet,
      ...oneThread,
      '--set',
      `auxiliary=${auxiliary}`,
    ];
    // 16 → 16 and 2 → 2 channels, for two tasks.
    const own = 2 * (16 * 16 + 2 * 2);
    const { stdout } = await mtlHere([...shown, '--json'], work.path);
    const { parameters, auxiliary: beside } = JSON.parse(stdout) as {
      parameters: { total: number; parts: Record<string, number> };
      auxiliary: Record<string, number>;
    };
    expect(beside).to.deep.equal({ kd4mtl: own });
    expect(Object.values(parameters.parts).reduce((sum, part) => sum + part, 0)).to.equal(parameters.total);
    const { stdout: text } = await mtlHere(shown, work.path);
    expect(text).to.include(`In training, kd4mtl has ${own} parameters beside these.`);
  });
});

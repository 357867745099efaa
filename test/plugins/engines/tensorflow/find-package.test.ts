import { expect } from 'chai';
import type { Surroundings } from '../../../../plugins/engines/tensorflow/find-package.js';
import { choosePackage } from '../../../../plugins/engines/tensorflow/index.js';
import { PackageFolder } from '../packages.js';
import { installStandIn, type StandIn } from './stand-in.js';

const [gpu, cpu] = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

describe('the tensorflow engine’s choice of a package', () => {
  const folder = new PackageFolder();

  function choose(
    flavours: readonly ('gpu' | 'cpu')[],
    surroundings: Partial<Surroundings> = {},
  ): ReturnType<typeof choosePackage> {
    return choosePackage(flavours, {
      tfjs: '4.22.0',
      node: '20.19.0',
      napi: 9,
      from: folder.from,
      ...surroundings,
    });
  }

  const install = (...standIns: StandIn[]): void => {
    for (const standIn of standIns) installStandIn(folder, standIn);
  };

  it('says what could be installed where nothing is', () => {
    expect(choose(['gpu', 'cpu'])).to.deep.equal({
      reason: `not installed: ${gpu} or ${cpu}`,
      fix: `npm install ${gpu} (CUDA 11.2 and cuDNN 8.1), or npm install ${cpu} (processor)`,
    });
    install({ name: gpu });
    expect(choose(['cpu'])).to.deep.equal({
      reason: `not installed: ${cpu}`,
      fix: `npm install ${cpu} (processor)`,
    });
  });

  it('takes the one for graphics cards first', () => {
    install({ name: gpu }, { name: cpu, version: '4.22.1' });
    expect(choose(['gpu', 'cpu'])).to.include({ detail: `${gpu} 4.22.0` });
    expect(choose(['cpu'])).to.include({ detail: `${cpu} 4.22.1` });
  });

  it('takes the other one where the first does not fit, and says why', () => {
    install({ name: gpu, withNative: false }, { name: cpu });
    expect(choose(['gpu', 'cpu']))
      .to.have.property('detail')
      .that.matches(
        /^@tensorflow\/tfjs-node 4\.22\.0; not taken: @tensorflow\/tfjs-node-gpu 4\.22\.0 is installed/,
      );
  });

  it('refuses one of another release of TensorFlow.js', () => {
    install({ name: cpu, version: '4.10.0' });
    expect(choose(['gpu', 'cpu'])).to.deep.equal({
      reason: `${cpu} 4.10.0 does not fit TensorFlow.js 4.22.0`,
      fix: `npm install ${cpu}@4.22`,
    });
  });

  it('refuses a Node that it cannot run in', () => {
    install({ name: cpu });
    expect(choose(['cpu'], { node: '22.22.0', napi: 10 })).to.have.property('detail');
    expect(choose(['cpu'], { node: '23.0.0', napi: 10 })).to.deep.equal({
      reason: `${cpu} 4.22.0 runs in Node up to 22, and this is Node 23.0.0`,
      fix: 'use Node 20 or 22, or choose another engine',
    });
    expect(choose(['cpu'], { napi: 2 })).to.deep.equal({
      reason: `${cpu} 4.22.0 needs Node-API 3, and this Node has 2`,
      fix: 'use a newer Node',
    });
  });

  it('says how to get a native part that is missing', () => {
    install({ name: gpu, withNative: false }, { name: cpu, withNative: false });
    const found = choose(['gpu', 'cpu']);
    expect(found)
      .to.have.property('reason')
      .that.matches(
        /tfjs-node-gpu 4.* without its native part, .*lib\/napi-v8\/tfjs_binding\.node: .*libtensorflow/,
      )
      .and.matches(/; @tensorflow\/tfjs-node 4\.22\.0 is installed without/);
    expect(found)
      .to.have.property('fix')
      .that.matches(/^npm rebuild @tensorflow\/tfjs-node-gpu, .*, or npm rebuild @tensorflow\/tfjs-node, /);
  });
});

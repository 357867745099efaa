import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { flatPass, squarePass, type NetworkPass } from '../network.js';
import { onEngine } from '../on-engine.js';
import { expectSamePass } from '../same.js';
import { describeOnTorch, onTorch } from './built.js';
import { levelMemory, twentySteps, type Seen } from './programs.js';

const programs = './torch/programs.js';
const wasm = { name: 'wasm', threads: 1 };

describeOnTorch('training on the torch engine', function () {
  this.timeout(300_000);

  it('has the wasm engine’s losses and gradients, and leaves no tensor behind', async () => {
    expectSamePass(await onEngine<NetworkPass>(onTorch, './network.js', 'flatPass'), await flatPass(wasm));
    expectSamePass(
      await onEngine<NetworkPass>(onTorch, './network.js', 'squarePass'),
      await squarePass(wasm),
    );
  });

  it('starts with the same weights and follows the same curve for 20 steps', async () => {
    const { losses } = await onEngine<Seen>(onTorch, programs, 'twentySteps');
    const wanted = await twentySteps(wasm);
    losses.forEach((loss, step) =>
      expect(loss / wanted.losses[step]!, `step ${step}`).to.be.closeTo(1, 1e-3),
    );
    expect(losses).to.have.length(20);
  });

  it('keeps its tensors and its memory level over 2,000 steps', async () => {
    const apart = { ...onTorch, flags: levelMemory };
    const { tensors, resident } = await onEngine<Seen>(apart, programs, 'twoThousandSteps');
    expect(resident).to.have.length(20);
    expect(new Set(tensors).size, tensors.join()).to.equal(1);
    const median = resident.toSorted((one, other) => one - other)[resident.length >> 1]!;
    // 2 % are some 5 MiB: 5 KiB that each step left would be seen.
    const said = resident.map((value) => value.toFixed(1)).join();
    for (const value of resident) expect(value / median, said).to.be.within(0.98, 1.02);
  });

  it('gives the same numbers in threads and processes that run at the same time', async () => {
    const { losses } = await onEngine<Seen>(onTorch, programs, 'twentySteps');
    const inWorker = async (): Promise<number[]> => {
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: onTorch.engine });
      const [posted] = (await once(worker, 'message')) as [number[]];
      await once(worker, 'exit');
      return posted;
    };
    const inProcess = async (): Promise<number[]> =>
      (await onEngine<Seen>(onTorch, programs, 'twentySteps')).losses;
    const here = async (): Promise<number[]> => (await twentySteps(onTorch.engine)).losses;
    const found = await Promise.all([inWorker(), inWorker(), inProcess(), inProcess(), here()]);
    for (const other of found) expect(other).to.deep.equal(losses);
  });

  it('stays within 2 % of float32’s losses for 200 steps in bf16', async () => {
    const narrow = { ...onTorch, engine: { ...onTorch.engine, precision: 'bf16' } };
    const wanted = await onEngine<Seen>(onTorch, programs, 'twoHundredSteps');
    const found = await onEngine<Seen>(narrow, programs, 'twoHundredSteps');
    expect(found.losses).not.to.deep.equal(wanted.losses);
    // Ten steps at a time: single steps of so small a batch are noise.
    const smooth = ({ losses }: Seen, from: number): number =>
      losses.slice(from, from + 10).reduce((sum, loss) => sum + loss, 0);
    for (let step = 0; step < 200; step += 10)
      expect(smooth(found, step) / smooth(wanted, step), `steps from ${step}`).to.be.closeTo(1, 0.02);
  });
});

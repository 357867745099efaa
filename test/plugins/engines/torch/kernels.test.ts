import { expect } from 'chai';
import { onEngine } from '../on-engine.js';
import { startWasm } from '../reference.js';
import { describeOnTorch, onTorch } from './built.js';
import { adamSteps } from './programs.js';

const programs = './torch/programs.js';

function expectSmall(errors: Readonly<Record<string, number | null>>, limit: number): void {
  expect(Object.keys(errors)).not.to.be.empty;
  for (const [name, error] of Object.entries(errors)) expect(error ?? Infinity, name).to.be.below(limit);
}

describeOnTorch('the torch engine’s kernels', function () {
  this.timeout(120_000);

  it('convolve, and differentiate it, as sums of matrix products over the taps', async () => {
    expectSmall(await onEngine(onTorch, programs, 'convolutionErrors'), 5e-6);
  });

  it('convolve so on several threads', async () => {
    const engine = { ...onTorch.engine, threads: 3 };
    expectSmall(await onEngine({ ...onTorch, engine }, programs, 'convolutionErrors'), 5e-6);
  });

  it('differentiate dilated convolutions: ⟨conv x, dy⟩ = ⟨x, dx⟩ = ⟨w, dw⟩', async () => {
    const { products } = await onEngine<{ products: number[] }>(onTorch, programs, 'dilatedProducts');
    const [forward, input, filter] = products as [number, number, number];
    expect(input / forward).to.be.closeTo(1, 1e-5);
    expect(filter / forward).to.be.closeTo(1, 1e-5);
  });

  it('fuse batch norm, residual sums and ReLU as the ops compute them', async () => {
    expectSmall(await onEngine(onTorch, programs, 'fusedErrors'), 5e-6);
  });

  it('move parameters in place as Adam’s ops do, and nothing that is shared', async () => {
    type Steps = Awaited<ReturnType<typeof adamSteps>>;
    const found = await onEngine<Steps>(onTorch, programs, 'adamSteps');
    await startWasm();
    const wanted = await adamSteps();
    expect(found.kept).to.deep.equal([...found.start, ...found.start]);
    expect(found.start).to.deep.equal(wanted.start);
    wanted.moved.forEach((value, index) => expect(found.moved[index]).to.be.closeTo(value, 1e-6));
  });

  it('report an allocation that fails, and go on', async () => {
    const found = await onEngine<object>(onTorch, programs, 'outOfMemory');
    expect(found).to.deep.equal({ code: 'ENGINE_OUT_OF_MEMORY', after: 3 });
  });
});

import { expect } from 'chai';
import { caseNames, computeGradients } from '../gradients.js';
import { onEngine } from '../on-engine.js';
import { expectSameGradients } from '../same.js';
import { startWasm } from '../reference.js';
import { describeOnSwiftShader, onSwiftShader } from './swiftshader.js';

type Computed = Awaited<ReturnType<typeof computeGradients>>;

/** The wasm engine's gradients are held against plain loops in double precision. */
describeOnSwiftShader('the webgpu engine’s operations and gradients are the wasm engine’s', () => {
  let found: Computed;
  let wanted: Computed;
  before(async function () {
    this.timeout(300_000);
    found = await onEngine(onSwiftShader, './gradients.js', 'computeAll');
    await startWasm();
    wanted = await computeGradients();
  });

  it('and leave no tensor behind', () => {
    expect(found.left).to.equal(0);
  });

  for (const name of caseNames) {
    it(name, () => expectSameGradients(found.cases[name] ?? [], wanted.cases[name] ?? []));
  }
});

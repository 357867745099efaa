import { expect } from 'chai';
import { mtlHere, workFolder } from './mtl.js';

describe('mtl doctor', () => {
  const work = workFolder();

  it('says of each engine whether and why it can be used', async () => {
    const { code, stdout } = await mtlHere(['doctor', '--json'], work.path);
    expect(code).to.equal(0);
    const { engines } = JSON.parse(stdout) as {
      engines: { name: string; usable: boolean; reason: string }[];
    };
    for (const engine of engines) expect(engine).to.include.keys('name', 'usable', 'reason');
    expect(engines.find(({ name }) => name === 'wasm')).to.include({ usable: true });
    const told = await mtlHere(['doctor'], work.path);
    expect(told.stdout)
      .to.match(/^Node v\d+.*\n/)
      .and.match(/✓ wasm: \S/)
      .and.match(/engine: auto takes \w+\n$/);
  });
});

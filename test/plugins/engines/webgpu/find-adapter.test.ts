import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { expect } from 'chai';
import { adapterName, findAdapter, isSoftware } from '../../../../plugins/engines/webgpu/find-adapter.js';
import type { AdapterInfo } from '../../../../plugins/engines/webgpu/gpu.js';
import { PackageFolder } from '../packages.js';

const card: AdapterInfo = {
  vendor: 'nvidia',
  architecture: 'ampere',
  device: 'nvidia-a100',
  description: 'NVIDIA: 535.54',
  isFallbackAdapter: false,
};

describe('the webgpu engine’s search for an adapter', () => {
  const folder = new PackageFolder();

  /** Asks a package `webgpu` that is this program. */
  async function ask(program: string): ReturnType<typeof findAdapter> {
    const name = 'webgpu';
    const target = folder.install({ name, version: '0.6.2', type: 'module' }, { 'index.js': program });
    const url = pathToFileURL(join(target, 'index.js')).href;
    return findAdapter({ name, version: '0.6.2', folder: target, url });
  }

  function giving(adapter: unknown, before = ''): string {
    return `export const create = () => ({ requestAdapter: async () => { ${before}
      return ${JSON.stringify(adapter)}; } });`;
  }

  it('finds what Dawn finds', async () => {
    expect(await ask(giving({ info: card }))).to.deep.equal({ adapter: card });
  });

  it('believes Dawn though the driver crashes on its way out', async () => {
    const crashing = `process.on('exit', () => process.kill(process.pid, 'SIGSEGV'));`;
    expect(await ask(giving({ info: card }, crashing))).to.deep.equal({ adapter: card });
  });

  it('tells what the driver complained about, each once and without its place in the source', async () => {
    const complaint =
      'console.error("error: no display\\nWarning: Found no drivers!\\n    at File.cpp:106");';
    const found = await ask(giving(null, complaint + complaint));
    expect(found)
      .to.have.property('reason')
      .that.equals('Dawn finds no graphics adapter (Found no drivers!)');
    expect(await ask(giving(null)))
      .to.have.property('reason')
      .that.equals('Dawn finds no graphics adapter');
  });

  it('survives a driver that crashes', async () => {
    const found = await ask(
      giving(null, `process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {});`),
    );
    expect(found).to.have.property('reason').that.equals('the graphics driver failed (ended by SIGSEGV)');
    const leaving = await ask(giving(null, 'process.exit(7);'));
    expect(leaving).to.have.property('reason').that.equals('the graphics driver failed (exit code 7)');
  });

  it('says why the package cannot be loaded', async () => {
    const found = await ask('throw new Error("GLIBC_2.38 not found");');
    expect(found)
      .to.have.property('reason')
      .that.equals('the package webgpu 0.6.2 cannot be loaded: GLIBC_2.38 not found');
  });

  it('knows what computes on the processor, whether it admits it or not', () => {
    expect(isSoftware(card)).to.equal(false);
    expect(isSoftware({ ...card, isFallbackAdapter: true })).to.equal(true);
    expect(isSoftware({ ...card, device: 'llvmpipe (LLVM 15.0.6, 256 bits)' })).to.equal(true);
    expect(isSoftware({ ...card, description: 'SwiftShader driver 5.0.0' })).to.equal(true);
    expect(isSoftware({ ...card, device: 'Microsoft Basic Render Driver' })).to.equal(true);
  });

  it('names an adapter by what it tells', () => {
    expect(adapterName(card)).to.equal('nvidia-a100, NVIDIA: 535.54');
    expect(adapterName({ ...card, device: '' })).to.equal('nvidia ampere, NVIDIA: 535.54');
    expect(adapterName({ ...card, description: '' })).to.equal('nvidia-a100');
    const silent = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false };
    expect(adapterName(silent)).to.equal('an unnamed adapter');
  });
});

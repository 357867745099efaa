import { expect } from 'chai';
import { MtlError } from '../../../../core/index.js';
import { watchDevice, type WebgpuBackend } from '../../../../plugins/engines/webgpu/watch-device.js';

class GPUOutOfMemoryError extends Error {}

/** A backend whose device can be made to complain. */
function backendOf(read: () => Promise<unknown> = () => Promise.resolve('values')) {
  const listeners: ((event: { error: Error; preventDefault(): void }) => void)[] = [];
  let lose: (why: { reason: string; message: string }) => void = () => undefined;
  const device = {
    lost: new Promise<{ reason: string; message: string }>((resolve) => (lose = resolve)),
    addEventListener: (_: string, listener: (typeof listeners)[number]) => void listeners.push(listener),
  };
  const backend: WebgpuBackend = { device, read };
  let prevented = 0;
  return {
    backend,
    listeners,
    lose: (reason: string, message: string) => lose({ reason, message }),
    complain: (error: Error) => {
      for (const listener of listeners) listener({ error, preventDefault: () => (prevented += 1) });
      return prevented;
    },
  };
}

async function failure(backend: WebgpuBackend): Promise<unknown> {
  return backend.read({}).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('the webgpu engine’s watch over its device', () => {
  it('lets values through while nothing is wrong', async () => {
    const { backend, listeners } = backendOf();
    watchDevice(backend);
    watchDevice(backend);
    expect(listeners).to.have.length(1);
    expect(await backend.read({})).to.equal('values');
  });

  it('leaves another error as it is', async () => {
    const error = new Error('not a tensor');
    const { backend } = backendOf(() => Promise.reject(error));
    watchDevice(backend);
    expect(await failure(backend)).to.equal(error);
  });

  for (const error of [
    new GPUOutOfMemoryError('no more'),
    new Error('vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY'),
    new Error('Buffer size (8) exceeds the max buffer size limit (4).\n - While calling'),
    new Error('Binding size (8) of [Buffer] is larger than the maximum binding size (4).'),
  ]) {
    it(`says that the card is too small: ${error.message.split('\n')[0]}`, async () => {
      const { backend, complain } = backendOf();
      watchDevice(backend);
      expect(complain(error)).to.equal(1);
      const thrown = await failure(backend);
      expect(thrown).to.be.instanceOf(MtlError).with.property('code', 'ENGINE_OUT_OF_MEMORY');
      expect(thrown)
        .to.have.property('message')
        .that.contains(`(${error.message.split('\n')[0]})`);
    });
  }

  it('keeps the first complaint: the others follow from it', async () => {
    const { backend, complain } = backendOf();
    watchDevice(backend);
    complain(new Error('first'));
    expect(complain(new GPUOutOfMemoryError('second'))).to.equal(2);
    const thrown = await failure(backend);
    expect(thrown).to.have.property('code', 'ENGINE_UNUSABLE');
    expect(thrown).to.have.property('message').that.contains('refused a command (first)');
  });

  it('says that the card is gone, though the read itself says something else', async () => {
    const { backend, lose } = backendOf(() => {
      lose('unknown', '');
      return Promise.reject(new Error(''));
    });
    watchDevice(backend);
    const thrown = await failure(backend);
    expect(thrown).to.have.property('code', 'ENGINE_UNUSABLE');
    expect(thrown).to.have.property('message').that.contains('the graphics card is gone (unknown)');
  });
});

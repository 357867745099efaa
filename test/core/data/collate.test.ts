import { expect } from 'chai';
import {
  collate,
  imageMean,
  imageStd,
  MtlError,
  prepare,
  separate,
  type HostBatch,
  type Sample,
  type Task,
} from '../../../core/index.js';
import { coordinateSample, labelTask } from './samples.js';

function batchOf(samples: readonly Sample[], tasks: readonly Task[]): HostBatch {
  return collate(samples.map((sample) => prepare(sample, tasks)));
}

describe('separate', () => {
  it('takes a batch’s targets apart again', () => {
    const samples = [coordinateSample(2, 3, 'a'), { ...coordinateSample(2, 3, 'b'), labels: {} }];
    const { targets } = batchOf(samples, [labelTask('normals', 3)]);
    const [first, second] = separate(targets.normals!);
    expect(first!.value).to.deep.equal(samples[0]!.labels.normals);
    expect([...first!.mask, ...second!.mask]).to.deep.equal([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(second!.value.data.length).to.equal(18);
  });
});

describe('collate', () => {
  it('lays images side by side, normalised by the mean and deviation of ImageNet', () => {
    const samples = [coordinateSample(3, 5, 'a'), coordinateSample(3, 5, 'b')];
    samples[1]!.image.data.forEach((_, at, data) => (data[at] = 255 - at));
    const { size, ids, image, shape, targets } = batchOf(samples, []);
    expect({ size, ids, shape, targets }).to.deep.equal({
      size: 2,
      ids: ['a', 'b'],
      shape: [2, 3, 5, 3],
      targets: {},
    });
    expect(image.length).to.equal(2 * 3 * 5 * 3);
    image.forEach((value, at) => {
      const pixel = samples[Math.floor(at / 45)]!.image.data[at % 45]!;
      expect(value).to.be.closeTo((pixel / 255 - imageMean[at % 3]!) / imageStd[at % 3]!, 1e-6);
    });
  });

  it('lays targets and masks side by side, zeros for a sample without the label', () => {
    const bare: Sample = { ...coordinateSample(2, 3, 'b'), labels: {} };
    const samples = [coordinateSample(2, 3, 'a'), bare, coordinateSample(2, 3, 'c')];
    const { targets } = batchOf(samples, [labelTask('depth'), labelTask('normals', 3)]);
    const { depth, normals } = targets;
    expect(Object.keys(targets)).to.deep.equal(['depth', 'normals']);
    expect(depth!.shape).to.deep.equal([3, 2, 3, 1]);
    expect([...depth!.value]).to.deep.equal([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
    expect([...depth!.mask]).to.deep.equal([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(normals!.shape).to.deep.equal([3, 2, 3, 3]);
    expect([...normals!.value.subarray(36)]).to.deep.equal([...samples[2]!.labels.normals!.data]);
    expect(normals!.mask.length).to.equal(18);
  });

  it('gives zero where a target is masked, whatever stands there', () => {
    const task = {
      ...labelTask('depth'),
      target: ({ labels }: Sample) => ({ value: labels.depth!, mask: Uint8Array.of(1, 0, 1, 0) }),
    } as Task;
    const sample = coordinateSample(2, 2);
    sample.labels.depth!.data[1] = NaN;
    const { depth } = batchOf([sample], [task]).targets;
    expect([...depth!.value]).to.deep.equal([1, 0, 3, 0]);
    expect([...depth!.mask]).to.deep.equal([1, 0, 1, 0]);
  });

  it('takes a task whose target is smaller than the image', () => {
    const task = {
      ...labelTask('depth'),
      targetSize: () => ({ height: 1, width: 2 }),
      target: () => ({
        value: { height: 1, width: 2, channels: 1, data: Float32Array.of(7, 8) },
        mask: Uint8Array.of(1, 1),
      }),
    } as Task;
    const { depth } = batchOf([coordinateSample(3, 5), coordinateSample(3, 5)], [task]).targets;
    expect(depth!.shape).to.deep.equal([2, 1, 2, 1]);
    expect([...depth!.value]).to.deep.equal([7, 8, 7, 8]);
  });

  it('names the sample and the task where a target does not fit', () => {
    const samples = [coordinateSample(3, 5, 'good'), coordinateSample(3, 5, 'bad')];
    samples[1] = { ...samples[1]!, labels: { depth: coordinateSample(3, 4).labels.depth } };
    expect(() => batchOf(samples, [labelTask('depth')]))
      .to.throw(MtlError, /task depth for sample bad: expected 3×5×1, .* found 3×4×1/)
      .with.property('code', 'SAMPLE_INVALID');
    expect(() => batchOf([coordinateSample(3, 5)], [labelTask('normals', 1)])).to.throw(
      /task normals for sample sample: expected 3×5×1, .* found 3×5×3/,
    );
    const shortMask = {
      ...labelTask('depth'),
      target: ({ labels }: Sample) => ({ value: labels.depth!, mask: new Uint8Array(14) }),
    } as Task;
    expect(() => batchOf([coordinateSample(3, 5)], [shortMask])).to.throw(
      /a mask of 15, found .* a mask of 14/,
    );
  });

  it('names the sample whose image has another size than the first', () => {
    expect(() => batchOf([coordinateSample(3, 5, 'a'), coordinateSample(3, 6, 'b')], []))
      .to.throw(MtlError, /the image of sample b: expected 3×5, .* found 3×6/)
      .with.property('code', 'SAMPLE_INVALID');
  });
});

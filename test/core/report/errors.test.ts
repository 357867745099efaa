import { expect } from 'chai';
import { absoluteError, classError, heatMap, type Raster, type Task } from '../../../core/index.js';
import { errorMeasureOf, quantile } from '../../../core/report/panels/error-map.js';
import { maskedHeatMap, mistakeMap } from '../../../core/report/panels/heat.js';
import { makeTask } from '../../plugins/tasks/tasks.js';

function raster(width: number, channels: number, ...numbers: number[]): Raster {
  return { height: 1, width, channels, data: Float32Array.from(numbers) };
}

describe('error maps', () => {
  it('say of each class id whether it is the wrong one', () => {
    const errors = classError.measure(raster(3, 1, 2, 0, 1), raster(3, 1, 2, 1, 1));
    expect([...errors]).to.deep.equal([0, 1, 0]);
  });

  it('give the absolute difference of numbers, as a mean over channels', () => {
    expect([...absoluteError('m').measure(raster(2, 1, 3, 5), raster(2, 1, 4, 3))]).to.deep.equal([1, 2]);
    expect([...absoluteError('').measure(raster(1, 2, 0, 4), raster(1, 2, 2, 4))]).to.deep.equal([1]);
  });

  it('are chosen by what a task predicts, or by the task itself', () => {
    const [segmentation, depth, normals, edges] = ['segmentation', 'depth', 'normals', 'edges'].map((type) =>
      makeTask(type),
    ) as [Task, Task, Task, Task];
    expect(errorMeasureOf(segmentation).kind).to.equal('wrong');
    expect(errorMeasureOf(edges)).to.include({ kind: 'amount', unit: '' });
    expect(errorMeasureOf(depth)).to.include({ kind: 'amount', unit: 'm' });
    const angles = errorMeasureOf(normals);
    expect(angles.unit).to.equal('°');
    const [none, right, opposite] = angles.measure(
      raster(3, 3, 0, 0, 1, 1, 0, 0, 0, 1, 0),
      raster(3, 3, 0, 0, 1, 0, 1, 0, 0, -1, 0),
    );
    expect([none, right, opposite]).to.deep.equal([0, 90, 180]);
  });

  it('are brighter the larger the error, and tell what has no label', () => {
    const { data } = maskedHeatMap(raster(4, 1, 0, 1, 2, 9), 2, Uint8Array.of(1, 1, 1, 0));
    const light = (pixel: number): number => data[3 * pixel]! + data[3 * pixel + 1]! + data[3 * pixel + 2]!;
    expect(light(0)).to.be.below(light(1));
    expect(light(1)).to.be.below(light(2));
    expect(heatMap(raster(1, 1, NaN), 2).data).to.deep.equal(data.subarray(6, 9));
    const wrong = mistakeMap(raster(3, 1, 0, 1, 1), Uint8Array.of(1, 1, 0));
    const colors = [0, 1, 2].map((pixel) => wrong.data.subarray(3 * pixel, 3 * pixel + 3).join());
    expect(new Set(colors).size).to.equal(3);
    expect(colors[2]).to.equal(data.subarray(9).join());
  });

  it('have a scale that a share of the numbers keeps to', () => {
    const numbers = Float32Array.from({ length: 101 }, (_, index) => 100 - index);
    expect(quantile([numbers], 0.98)).to.equal(98);
    expect(quantile([numbers.subarray(0, 50), numbers.subarray(50)], 0.5)).to.equal(50);
    expect(quantile([], 0.5)).to.equal(0);
  });
});

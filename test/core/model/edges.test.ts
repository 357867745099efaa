import { expect } from 'chai';
import { MtlError, resolveEdges, type EdgeSpec, type Task } from '../../../core/index.js';

/** With a part in the transfer graph, but for `weather`. */
function tasksOf(...names: string[]): readonly Task[] {
  return names.map((name) => ({ name, ...(name === 'weather' ? {} : { transfer: {} }) }) as Task);
}

function edgesOf(tasks: readonly Task[], spec: EdgeSpec): string[] {
  return resolveEdges(tasks, spec).map(({ from, to }) => `${from.name}-${to.name}`);
}

function refusal(tasks: readonly Task[], spec: EdgeSpec): string {
  try {
    resolveEdges(tasks, spec);
  } catch (error) {
    expect(error).to.be.instanceOf(MtlError).with.property('code', 'CONFIG_INVALID');
    return (error as Error).message;
  }
  return 'none';
}

describe('resolveEdges', () => {
  const four = tasksOf('a', 'weather', 'b', 'c', 'd');

  it('all: both directions of every pair', () => {
    expect(edgesOf(tasksOf('a', 'b'), 'all')).to.deep.equal(['a-b', 'b-a']);
    expect(edgesOf(tasksOf('a', 'b', 'c'), 'all')).to.deep.equal([
      ...['a-b', 'a-c'],
      ...['b-a', 'b-c'],
      ...['c-a', 'c-b'],
    ]);
    expect(edgesOf(four, 'all')).to.have.length(12);
  });

  it('ring: from each task to the next, and from the last to the first', () => {
    expect(edgesOf(four, 'ring')).to.deep.equal(['a-b', 'b-c', 'c-d', 'd-a']);
    expect(edgesOf(tasksOf('c', 'a', 'b'), 'ring')).to.deep.equal(['c-a', 'a-b', 'b-c']);
  });

  it('ring of two tasks: both directions, which is all', () => {
    expect(edgesOf(tasksOf('a', 'b'), 'ring')).to.deep.equal(edgesOf(tasksOf('a', 'b'), 'all'));
  });

  it('hub: both directions between it and every other', () => {
    expect(edgesOf(four, { name: 'hub', task: 'b' })).to.deep.equal([
      'a-b',
      'b-a',
      'c-b',
      'b-c',
      'd-b',
      'b-d',
    ]);
  });

  it('a single task has none', () => {
    for (const spec of ['all', 'ring', { name: 'hub', task: 'a' }] as const)
      expect(edgesOf(tasksOf('a', 'weather'), spec)).to.deep.equal([]);
  });

  it('a list: those edges, in its order', () => {
    const list = [
      ['d', 'a'],
      ['a', 'b'],
    ] as const;
    expect(edgesOf(four, list)).to.deep.equal(['d-a', 'a-b']);
  });

  it('says which hub or edge cannot be', () => {
    const expected = 'expected one of the tasks with a prediction per pixel, a, b, c, d, found';
    expect(refusal(four, { name: 'hub', task: 'e' })).to.equal(`consistency.edges.task: ${expected} "e"`);
    expect(refusal(four, { name: 'hub', task: 'weather' })).to.equal(
      `consistency.edges.task: ${expected} "weather"`,
    );
    expect(refusal(four, [['a', 'weather']])).to.equal(`consistency.edges[0][1]: ${expected} "weather"`);
    expect(refusal(four, [['a', 'a']])).to.equal(
      'consistency.edges[0]: expected two different tasks, each pair once, found ["a","a"]',
    );
  });
});

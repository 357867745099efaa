import { expect } from 'chai';
import { endingText, nextCommands } from '../../cli/ending.js';

type Found = Parameters<typeof nextCommands>[0];

/** An oclif config that has these commands. */
function configWith(commands: Record<string, { args?: object; flags?: object }>): Found {
  const known = Object.entries(commands).map(
    ([id, { args = {}, flags = {} }]) => [id, { args, flags }] as const,
  );
  return { bin: 'mtl', findCommand: (id: string) => new Map<string, unknown>(known).get(id) } as Found;
}

describe('the end of a command', () => {
  const ending = {
    outcome: 'Trained in 8 s; these are the best model’s metrics.',
    written: { Run: 'runs/a', TensorBoard: 'runs/a/tensorboard' },
    next: ['mtl evaluate runs/a', 'mtl report runs/a'],
  };

  it('says what came out, where it is and what to do next', () => {
    expect(endingText(ending).split('\n')).to.deep.equal([
      'Trained in 8 s; these are the best model’s metrics.',
      'Run          runs/a',
      'TensorBoard  runs/a/tensorboard',
      'Next         mtl evaluate runs/a',
      '             mtl report runs/a',
    ]);
    expect(endingText({ outcome: 'Done.' })).to.equal('Done.');
  });

  it('breaks sentences to the terminal, and leaves commands whole', () => {
    const lines = endingText(ending, 40).split('\n');
    expect(lines.slice(0, 2)).to.deep.equal(['Trained in 8 s; these are the best', 'model’s metrics.']);
    expect(lines.slice(2)).to.deep.equal(endingText(ending).split('\n').slice(1));
  });

  it('names only commands that there are, and are about a run', () => {
    const config = configWith({
      evaluate: { args: { run: { required: true } }, flags: { split: {} } },
      report: { args: { run: { required: true } } },
      predict: { args: { run: { required: true } }, flags: { images: { required: true } } },
      'data:inspect': { flags: { split: {} } },
    });
    const ids = ['evaluate', 'report', 'predict', 'data:inspect', 'compare'];
    expect(nextCommands(config, ids, 'runs/a')).to.deep.equal([
      'mtl evaluate runs/a',
      'mtl report runs/a',
      'mtl predict runs/a …',
    ]);
  });

  it('quotes a folder as a shell needs it', () => {
    const config = configWith({ evaluate: { args: { run: {} } } });
    const next = (run: string): string => nextCommands(config, ['evaluate'], run)[0]!;
    expect(next('runs/größe 1')).to.equal("mtl evaluate 'runs/größe 1'");
    expect(next("it's")).to.equal(String.raw`mtl evaluate 'it'\''s'`);
  });
});

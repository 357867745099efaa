import { expect } from 'chai';
import { columnsOf, plain, styleOf, widthOf } from '../../cli/style.js';
import { mtl, workFolder, writeConfig } from './mtl.js';

// eslint-disable-next-line no-control-regex
const codes = /\u001b\[/;

function stream(isTTY: boolean, colors: boolean): NodeJS.WriteStream {
  return { isTTY, hasColors: () => colors } as unknown as NodeJS.WriteStream;
}

describe('colours', () => {
  const work = workFolder();
  const kept = process.env.FORCE_COLOR;

  before(() => {
    writeConfig(work.path);
  });
  beforeEach(() => {
    delete process.env.FORCE_COLOR;
  });
  after(() => {
    if (kept === undefined) delete process.env.FORCE_COLOR;
    else process.env.FORCE_COLOR = kept;
  });

  it('are for terminals that have them', () => {
    expect(styleOf(stream(true, true)).good('text')).to.equal('\u001b[32mtext\u001b[39m');
    for (const out of [stream(true, false), stream(false, true), undefined])
      expect(styleOf(out).good('text')).to.equal('text');
    expect(plain.error('text')).to.equal('text');
  });

  it('are forced, or forced off, by FORCE_COLOR', () => {
    for (const [value, forced] of [
      ['1', true],
      ['', true],
      ['3', true],
      ['0', false],
      ['false', false],
    ] as const) {
      process.env.FORCE_COLOR = value;
      expect(styleOf(stream(false, false)) === plain, value).to.equal(!forced);
    }
  });

  it('are in what commands print with FORCE_COLOR, and not in a pipe, nor with NO_COLOR', async () => {
    const usages = [[], ['trian']];
    for (const usage of usages) {
      const colored = await mtl(usage, work.path, { FORCE_COLOR: '1', NO_COLOR: undefined });
      expect(colored.stdout + colored.stderr, usage.join(' ')).to.match(codes);
      const piped = await mtl(usage, work.path, { NO_COLOR: undefined });
      const refused = await mtl(usage, work.path);
      for (const { stdout, stderr } of [piped, refused]) expect(stdout + stderr).to.not.match(codes);
    }
  });

  it('are in no JSON, and mark of an error nothing but the word', async () => {
    const forced = { FORCE_COLOR: '1', NO_COLOR: undefined };
    const json = await mtl(['evaluate', 'none', '--json'], work.path, forced);
    expect(json.stdout)
      .to.match(/^\{"error"/)
      .and.not.match(codes);
    const { stderr } = await mtl(['evaluate', 'none'], work.path, forced);
    const word = '\u001b[31mError:\u001b[39m';
    expect(stderr.slice(0, word.length)).to.equal(word);
    expect(stderr.slice(word.length))
      .to.match(/^ the run: expected/)
      .and.not.match(codes);
  }).timeout(60_000);
});

describe('the width of an output', () => {
  const terminal = (columns: number) => ({ isTTY: true, columns }) as NodeJS.WriteStream;

  it('is a terminal’s, of 80 columns where it does not know them, and none of a file', () => {
    expect([132, 0].map((columns) => columnsOf(terminal(columns)))).to.deep.equal([132, 80]);
    expect(widthOf(terminal(0))).to.equal(80);
    expect(columnsOf({ isTTY: false } as NodeJS.WriteStream)).to.equal(undefined);
  });
});

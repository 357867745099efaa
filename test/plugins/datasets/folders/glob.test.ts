import { expect } from 'chai';
import { isNamePattern, nameMatcher } from '../../../../plugins/datasets/folders/glob.js';

const names = ['learn00', 'learn01', 'learn10', 'test00', 'a/learn00', 'a/b/x', 'a.b', 'x+(1)', '{x', '[y'];

function chosen(...patterns: string[]): string[] {
  return names.filter(nameMatcher(patterns));
}

describe('nameMatcher', () => {
  it('takes wildcards within a folder and across folders', () => {
    expect(chosen('learn*')).to.deep.equal(['learn00', 'learn01', 'learn10']);
    expect(chosen('**/learn00')).to.deep.equal(['learn00', 'a/learn00']);
    expect(chosen('a/**')).to.deep.equal(['a/learn00', 'a/b/x']);
    expect(chosen('a/*')).to.deep.equal(['a/learn00']);
    expect(chosen('**')).to.deep.equal(names);
    expect(chosen('learn?0')).to.deep.equal(['learn00', 'learn10']);
  });

  it('takes one of several characters or texts', () => {
    expect(chosen('learn[0-1]1')).to.deep.equal(['learn01']);
    expect(chosen('learn[!1]*')).to.deep.equal(['learn00', 'learn01']);
    expect(chosen('{learn,test}00')).to.deep.equal(['learn00', 'test00']);
    expect(chosen('{learn{00,10},test*}')).to.deep.equal(['learn00', 'learn10', 'test00']);
  });

  it('takes the rest literally, and whole names only', () => {
    expect(chosen('a.b')).to.deep.equal(['a.b']);
    expect(chosen('a?b')).to.deep.equal(['a.b']);
    expect(chosen('x+(1)')).to.deep.equal(['x+(1)']);
    expect(chosen('[{]x', '[[]y')).to.deep.equal(['{x', '[y']);
    expect(chosen('earn', 'learn', 'earn00')).to.deep.equal([]);
  });

  it('takes names out again by !', () => {
    expect(chosen('learn*', '!learn0*')).to.deep.equal(['learn10']);
    expect(chosen('!learn*')).to.deep.equal([]);
  });

  it('knows a pattern that makes no sense', () => {
    expect(['a*', '!a', '{a,b}', '[a-z]', 'a,b'].every(isNamePattern)).to.equal(true);
    for (const pattern of ['', '{a', 'a}', '[a', '[z-a]', '{a}}']) {
      expect(isNamePattern(pattern), pattern).to.equal(false);
    }
  });
});

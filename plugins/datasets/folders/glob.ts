/**
 * A matcher of sample names. `*` stands for any text without `/`, `**` for any text, `?` for one character,
 * `[ab]` and `[0-9]` for one of some, `[!ab]` for any other, `{a,b}` for one of several texts; a pattern that starts
 * with `!` takes names out again. (A globber of files cannot serve here: a name is no path of a file.)
 */
export function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const wanted = patterns.filter((pattern) => !isExclusion(pattern)).map(toRegExp);
  const unwanted = patterns.filter(isExclusion).map((pattern) => toRegExp(pattern.slice(1)));
  return (name) =>
    wanted.some((pattern) => pattern.test(name)) && !unwanted.some((pattern) => pattern.test(name));
}

/** Whether `nameMatcher` understands it. */
export function isNamePattern(pattern: string): boolean {
  try {
    toRegExp(pattern);
    return pattern !== '';
  } catch {
    return false;
  }
}

function isExclusion(pattern: string): boolean {
  return pattern.startsWith('!');
}

const token = /\*\*\/?|\*|\?|\[[^\]]+\]|[{},]|[^*?[{},]+|\[/g;

/** Unpaired braces and brackets end as unpaired ones of the regular expression, which refuses them. */
function toRegExp(pattern: string): RegExp {
  let depth = 0;
  const source = (pattern.match(token) ?? []).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part === '{') return (depth++, '(?:');
    if (part === '}') return (depth--, ')');
    if (part === ',') return depth > 0 ? '|' : ',';
    if (part.startsWith('[')) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[\\^$.|+()\]]/g, '\\$&');
  });
  return new RegExp(`^(?:${source.join('')})$`, 'u');
}

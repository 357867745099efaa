/** The candidate nearest to a mistyped word, or undefined where none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  // At most two edits, or one in three letters, and never as many as a short word has letters: "tv" is not a typo of "l1".
  let least = Math.min(word.length, Math.max(2, Math.floor(word.length / 3)) + 1);
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** The end of a message about a mistyped word, or undefined where no candidate is near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const guess = closest(word, candidates);
  return guess === undefined ? undefined : `did you mean "${guess}"?`;
}

/** Levenshtein distance: insertions, deletions and substitutions from one word to the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const substitution = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      current[column] = Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1);
    }
    previous = current;
  }
  return previous[to.length]!;
}

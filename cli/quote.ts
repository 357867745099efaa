/** A text as one word of a shell that knows single quotes as POSIX does: bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

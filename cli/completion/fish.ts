import { topics, type CompletedCommand, type CompletedFlag, type Value } from './commands.js';

const helpers = String.raw`# Completion of mtl for fish. Load it with: mtl completion fish | source
function __mtl_words
    set -l words (commandline -opc)
    set -e words[1]
    string match -v -- '-*' $words
end
function __mtl_is
    set -l words (__mtl_words)
    set -l length (count $argv)
    test (count $words) -ge $length; and test "$words[1..$length]" = "$argv"
end
function __mtl_begins
    test "$(__mtl_words)" = "$argv"
end
function __mtl_runs
    for file in */config.json runs/*/config.json
        string replace -r '/config\.json$' '' -- $file
    end
    __fish_complete_directories (commandline -ct)
end`;

/** A fish script that completes commands, flags and their values, with what they are. */
export function fishCompletion(bin: string, commands: readonly CompletedCommand[]): string {
  const complete = `complete -c ${bin}`;
  const named = ({ words, summary }: CompletedCommand): string =>
    `${complete} -n ${condition('__mtl_begins', words.slice(0, -1))} -a ${words.at(-1)} -d ${quoted(summary)}`;
  return [
    helpers,
    `${complete} -f`,
    ...commands.map(named),
    ...[...topics(commands)].map(
      ([topic, members]) =>
        `${complete} -n __mtl_begins -a ${topic} -d ${quoted(members.map(({ words }) => words[1]).join(', '))}`,
    ),
    ...commands.flatMap((command) => [
      ...command.flags.map(
        (flag) => `${complete} -n ${condition('__mtl_is', command.words)} ${flagOf(flag)}`,
      ),
      ...command.args
        .slice(0, 1)
        .map((value) => `${complete} -n ${condition('__mtl_is', command.words)} ${valueOf(value)}`),
    ]),
    '',
  ].join('\n');
}

function condition(test: string, words: readonly string[]): string {
  return quoted([test, ...words].join(' '));
}

function flagOf({ name, char, summary, value }: CompletedFlag): string {
  const short = char === undefined ? '' : `-s ${char} `;
  return `-l ${name} ${short}-d ${quoted(summary)}${value ? ` -r ${valueOf(value)}` : ''}`;
}

function valueOf(value: Value): string {
  switch (value.kind) {
    case 'words':
    case 'beginnings':
      return `-f -a ${quoted(value.words.join(' '))}`;
    case 'files':
      return '-F';
    case 'folders':
      return `-f -a ${quoted('(__fish_complete_directories (commandline -ct))')}`;
    case 'runs':
      return `-f -a ${quoted('(__mtl_runs)')}`;
    case 'anything':
      return '-f';
  }
}

/** Fish knows backslashes within single quotes. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, String.raw`\$&`)}'`;
}

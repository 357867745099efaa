import { topics, type CompletedCommand, type CompletedFlag, type Value } from './commands.js';
import { quoted } from '../quote.js';

const helpers = String.raw`#compdef mtl
# Completion of mtl for zsh. Load it with: source <(mtl completion zsh)
_mtl_runs() {
  local -a runs
  runs=(*/config.json(N:h) runs/*/config.json(N:h))
  compadd -a runs
  _path_files -/
}`;

/** A zsh script that completes commands, flags and their values, with what they are. */
export function zshCompletion(bin: string, commands: readonly CompletedCommand[]): string {
  const groups = topics(commands);
  const first = [
    ...commands
      .filter(({ words }) => words.length === 1)
      .map(({ words, summary }) => described(words[0]!, summary)),
    ...[...groups].map(([topic, members]) =>
      described(topic, members.map(({ words }) => words[1]).join(', ')),
    ),
  ];
  return `${helpers}
_mtl() {
  local -a names
  if ((CURRENT == 2)); then
    names=(${first.join(' ')})
    _describe command names
    return
  fi
  local name=$words[2]
  case $name in
${[...groups].map(topicCase).join('\n')}
  esac
  shift words
  ((CURRENT--))
  case $name in
${commands.map(commandCase).join('\n')}
  esac
}
# Where completion is not set up yet, as in a plain .zshrc.
(($+functions[compdef])) || { autoload -Uz compinit && compinit; }
compdef _mtl ${bin}
`;
}

function topicCase([topic, members]: [string, readonly CompletedCommand[]]): string {
  const names = members.map(({ words, summary }) => described(words[1]!, summary));
  return `    ${topic})
      if ((CURRENT == 3)); then
        names=(${names.join(' ')})
        _describe command names
        return
      fi
      shift words
      ((CURRENT--))
      name="$name $words[2]"
      ;;`;
}

function commandCase({ words, flags, args }: CompletedCommand): string {
  const specs = [...flags.flatMap(flagSpecs), ...args.map((value) => quoted(`:value:${action(value)}`))];
  return `    '${words.join(' ')}')
      _arguments -s ${specs.join(' \\\n        ')}
      ;;`;
}

function flagSpecs({ name, char, summary, value }: CompletedFlag): string[] {
  const about = `[${escaped(summary, /[[\]\\]/g)}]`;
  const rest = value ? `:${name}:${action(value)}` : '';
  // --set may be repeated; zsh forgets a flag that it has seen unless told so.
  const many = value?.kind === 'beginnings' ? '*' : '';
  return [
    quoted(`${many}--${name}${value ? '=' : ''}${about}${rest}`),
    ...(char === undefined ? [] : [quoted(`-${char}${about}${rest}`)]),
  ];
}

function action(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `(${value.words.join(' ')})`;
    case 'beginnings':
      return `compadd -S "" -- ${value.words.join(' ')}`;
    case 'files':
      return '_files';
    case 'folders':
      return '_path_files -/';
    case 'runs':
      return '_mtl_runs';
    case 'anything':
      return ' ';
  }
}

function described(name: string, summary: string): string {
  return quoted(`${name}:${escaped(summary, /[:\\]/g)}`);
}

function escaped(text: string, characters: RegExp): string {
  return text.replace(characters, String.raw`\$&`);
}

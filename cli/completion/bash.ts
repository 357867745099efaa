import { topics, type CompletedCommand, type CompletedFlag, type Value } from './commands.js';
import { quoted } from '../quote.js';

const helpers = String.raw`# Completion of mtl for bash, from 3.2 on. Load it with: source <(mtl completion bash)
_mtl_words() {
  COMPREPLY=()
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur")
}
_mtl_paths() {
  COMPREPLY=()
  local path
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
}
_mtl_runs() {
  local run found=()
  for run in "$cur"*/ runs/"$cur"*/; do
    [[ -f ${'$'}{run}config.json ]] && found+=("${'$'}{run%/}")
  done
  _mtl_paths -d
  ((${'$'}{#found[@]})) && COMPREPLY=("${'$'}{found[@]}")
}`;

/** A bash script that completes commands, flags and their values. */
export function bashCompletion(bin: string, commands: readonly CompletedCommand[]): string {
  const groups = topics(commands);
  const first = [...new Set(commands.map(({ words }) => words[0]!))];
  return `${helpers}
_mtl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=() word skip=0 i
  # --flag=value comes as three words.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == = ]]; then skip=1; continue; fi
    if ((skip)); then skip=0; continue; fi
    case $word in
      ${valueFlags(commands).join(' | ')}) skip=1 ;;
      -*) ;;
      *) words+=("$word") ;;
    esac
  done
  local name=\${words[0]-} depth=1
  case $name in
    ${[...groups.keys()].join(' | ') || '/'}) name="$name \${words[1]-}" depth=2 ;;
  esac
  case "$name:$prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case $name in
${commands.map(flagCase).join('\n')}
    esac
    return
  fi
  case "$name:$((\${#words[@]} - depth))" in
    :-1) _mtl_words ${quoted(first.join(' '))} ;;
${[...groups].map(([topic, members]) => `    '${topic} :-1') _mtl_words ${quoted(members.map(({ words }) => words[1]!).join(' '))} ;;`).join('\n')}
${commands.flatMap(argumentCases).join('\n')}
  esac
}
complete -F _mtl ${bin}
`;
}

function valueFlags(commands: readonly CompletedCommand[]): string[] {
  const flags = commands.flatMap((command) => command.flags).filter(({ value }) => value !== undefined);
  return [...new Set(flags.flatMap(spellings))];
}

function spellings({ name, char }: CompletedFlag): string[] {
  return [`--${name}`, ...(char === undefined ? [] : [`-${char}`])];
}

function valueCases({ words, flags }: CompletedCommand): string[] {
  return flags.flatMap((flag) => {
    if (!flag.value) return [];
    const patterns = spellings(flag).map((spelling) => `'${words.join(' ')}:${spelling}'`);
    return [`    ${patterns.join(' | ')}) ${completing(flag.value)}; return ;;`];
  });
}

function flagCase({ words, flags }: CompletedCommand): string {
  const all = flags.map(({ name }) => `--${name}`).join(' ');
  return `      '${words.join(' ')}') _mtl_words '${all}' ;;`;
}

function argumentCases({ words, args }: CompletedCommand): string[] {
  return args.map((value, index) => `    '${words.join(' ')}:${index}') ${completing(value)} ;;`);
}

function completing(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `_mtl_words ${quoted(value.words.join(' '))}`;
    case 'beginnings':
      return `compopt -o nospace 2>/dev/null; _mtl_words ${quoted(value.words.join(' '))}`;
    case 'files':
      return '_mtl_paths -f';
    case 'folders':
      return '_mtl_paths -d';
    case 'runs':
      return '_mtl_runs';
    case 'anything':
      return 'COMPREPLY=()';
  }
}

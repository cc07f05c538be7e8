/** Completion scripts for bash, zsh and fish. All that they know is in them: pressing Tab starts no Node.js. */
import { type CommandShape, type Completes, everyCommand, type OptionShape } from "./command-shape";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

const WRITERS: Readonly<Record<Shell, (program: CommandShape) => string>> = { bash, zsh, fish };

/** The script for a shell. */
export function completionScript(shell: Shell, program: CommandShape): string {
  return WRITERS[shell](program);
}

/** In single quotes nothing is special but the quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const namesOf = ({ options, commands }: CommandShape): string[] => [
  ...options.flatMap(({ names }) => names),
  ...commands.map(({ path }) => path.at(-1) as string),
];

function bash(program: CommandShape): string {
  const reply = (completes: Completes): string => {
    if (completes === "files") return "_node_libbpf_files -f";
    if (completes === "folders") return "_node_libbpf_files -d";
    return completes === "nothing" ? ":" : `_node_libbpf_words ${quoted(completes.join(" "))}`;
  };
  const shapes = [...everyCommand(program)];
  const cases = shapes.map((shape) => {
    const valued = shape.options.filter(({ value }) => value !== undefined);
    const options = valued.map(
      ({ names, value }) => `        ${names.join(" | ")}) ${reply(value as Completes)}; return ;;\n`,
    );
    const completes = shape.arguments.map(({ completes }) => completes).find((one) => one !== "nothing");
    return `    ${quoted(shape.path.join(" "))})
${options.length === 0 ? "" : `      case $previous in\n${options.join("")}      esac\n`}      _node_libbpf_words ${quoted(namesOf(shape).join(" "))}
${completes === undefined ? "" : `      [[ $current == -* ]] || ${reply(completes)}\n`}      ;;
`;
  });
  const known = shapes.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(" ")));
  return `# bash completion for node-libbpf: eval "$(node-libbpf completion bash)"
_node_libbpf_words() {
  local word
  for word in $1; do [[ $word == "$current"* ]] && COMPREPLY+=("$word"); done
}

_node_libbpf_files() {
  local name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$1" -- "$current")
}

_node_libbpf() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= word
  COMPREPLY=()
  # bash takes --option=value for three words.
  if [[ $current == "=" ]]; then
    current=
  elif [[ $previous == "=" ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == -- ]]; then
      _node_libbpf_files -f
      return
    fi
    case "\${command:+$command }$word" in
      ${known.join(" | ")}) command=\${command:+$command }$word ;;
    esac
  done
  case $command in
${cases.join("")}  esac
}

complete -F _node_libbpf node-libbpf
`;
}

function zsh(program: CommandShape): string {
  const action = (completes: Completes): string => {
    if (completes === "files") return "_files";
    if (completes === "folders") return "_files -/";
    return completes === "nothing" ? "" : `(${completes.join(" ")})`;
  };
  // In a specification of _arguments these end the description.
  const plain = (text: string) => text.replaceAll(/[[\]:\\]/g, "\\$&").replaceAll(/\s+/g, " ");
  const option = ({ names, description, value }: OptionShape): string[] =>
    names.map((name) =>
      quoted(
        // With "=" a long option takes its value from the same word or the next.
        value === undefined
          ? `*${name}[${plain(description)}]`
          : `*${name}${name.startsWith("--") ? "=" : ""}[${plain(description)}]:value:${action(value)}`,
      ),
    );
  const functionOf = ({ path }: CommandShape) => ["_node_libbpf", ...path].join("_");
  const functions = [...everyCommand(program)].map((shape) => {
    const { options, commands } = shape;
    const specifications = options.flatMap(option);
    const lines = (own: readonly string[]) => [...specifications, ...own].map((line) => ` \\\n    ${line}`).join("");
    if (commands.length === 0) {
      const own = shape.arguments.map(({ name, completes, variadic }, index) =>
        quoted(`${variadic ? "*" : index + 1}:${name}:${action(completes)}`),
      );
      return `${functionOf(shape)}() {\n  _arguments${lines(own)}\n}\n`;
    }
    const described = commands.map(({ path, summary }) => `    ${quoted(`${path.at(-1)}:${plain(summary)}`)}\n`);
    return `${functionOf(shape)}() {
  local context state line
  local -a commands=(
${described.join("")}  )
  _arguments -C${lines(["'1:command:->command'", "'*::argument:->argument'"])}
  case $state in
    command) _describe command commands ;;
    argument) (( $+functions[${functionOf(shape)}_$line[1]] )) && ${functionOf(shape)}_$line[1] ;;
  esac
}
`;
  });
  return `#compdef node-libbpf
# zsh completion for node-libbpf: source <(node-libbpf completion zsh), after compinit
${functions.join("\n")}
compdef _node_libbpf node-libbpf
`;
}

function fish(program: CommandShape): string {
  const lines = [...everyCommand(program)].flatMap((shape) => {
    const { path, options, commands } = shape;
    const here = `complete -c node-libbpf -n ${quoted(`__node_libbpf_at '${path.join(" ")}'`)}`;
    const ofOptions = options.map(({ names, description, value }) => {
      const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
      const takes = { files: " -r -F", folders: " -x -a '(__fish_complete_directories)'", nothing: " -x" };
      const kind =
        value === undefined ? "" : typeof value === "string" ? takes[value] : ` -x -a ${quoted(value.join(" "))}`;
      return `${here} ${flags.join(" ")}${kind} -d ${quoted(description)}`;
    });
    const ofCommands = commands.map(
      ({ path, summary }) => `${here} -a ${quoted(path.at(-1) as string)} -d ${quoted(summary)}`,
    );
    const ofArguments = shape.arguments.flatMap(({ completes }) => {
      if (completes === "files" || completes === "folders") return `${here} -F`;
      return completes === "nothing" ? [] : `${here} -a ${quoted(completes.join(" "))}`;
    });
    return [...ofOptions, ...ofCommands, ...new Set(ofArguments)];
  });
  const known = [...everyCommand(program)].map(({ path }) => path.join(" ")).filter((path) => path !== "");
  return `# fish completion for node-libbpf: node-libbpf completion fish | source
function __node_libbpf_at
    set -l command
    for word in (commandline -opc)[2..]
        set -l longer (string join ' ' -- $command $word)
        contains -- $longer ${known.map(quoted).join(" ")}; and set command $longer
    end
    test "$command" = "$argv[1]"
end

complete -c node-libbpf -f
${lines.join("\n")}
`;
}

import type { Command } from "commander";
import { Argument } from "commander";
import type { AddCommands } from "../action.js";

/** What may come next after these words: subcommands, or long options where the last word begins with a dash. */
export function candidates(program: Command, words: readonly string[]): string[] {
  let at = program;
  for (const word of words.slice(0, -1)) at = at.commands.find((c) => c.name() === word) ?? at;
  const last = words.at(-1) ?? "";
  const options = [...at.options, ...program.options].filter((o) => !o.hidden).flatMap((o) => (o.long === undefined ? [] : [o.long]));
  const found = last.startsWith("-") ? options : at.commands.map((c) => c.name()).filter((name) => !name.startsWith("__"));
  return [...new Set(found)].filter((word) => word.startsWith(last)).sort();
}

const scripts = {
  bash: `_kedge() {
  local IFS=$'\\n'
  COMPREPLY=($(kedge __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _kedge kedge
`,
  zsh: `#compdef kedge
_kedge() {
  local -a found
  found=(\${(f)"$(kedge __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
compdef _kedge kedge
`,
  fish: `complete -c kedge -f -a '(kedge __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
} as const;

type Shell = keyof typeof scripts;

/** `kedge completion bash|zsh|fish` */
export const addCompletion: AddCommands = (program, runner) => {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(scripts)))
    .description("a completion script: source <(kedge completion bash)")
    .action(
      runner.does(async (session, _, [shell = "bash"]) => {
        session.out(scripts[shell as Shell]);
        return undefined;
      }),
    );
  program.command("__complete [words...]", { hidden: true }).action(
    runner.does(async (session, _, words) => {
      session.out(
        candidates(program, words)
          .map((word) => `${word}\n`)
          .join(""),
      );
      return undefined;
    }),
  );
};

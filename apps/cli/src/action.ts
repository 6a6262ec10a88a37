import type { Command } from "commander";
import type { Io } from "./io.js";
import { type GlobalFlags, Session } from "./session.js";

/** What a command does; gives an exit code where it is not 0. */
export type Act<O extends object> = (session: Session, options: O, args: readonly string[]) => Promise<number | undefined>;

/** Runs the one command that was asked for, and remembers how it went. */
export class Runner {
  readonly io: Io;
  exitCode = 0;
  session: Session | undefined;

  constructor(io: Io) {
    this.io = io;
  }

  /** An action for commander. `O` is what the command's own options hold. */
  does<O extends object = Record<never, never>>(act: Act<O>): (...given: unknown[]) => Promise<void> {
    return async (...given) => {
      // Commander passes the command last, whatever else it passes.
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals<O & GlobalFlags>();
      this.session = new Session(this.io, options);
      this.exitCode = (await act(this.session, options, command.args)) ?? 0;
    };
  }
}

/** Adds a family of commands to the program. */
export type AddCommands = (program: Command, runner: Runner) => void;

/**
 * Reports the steps and the progress of a long command: on a terminal in one line that changes, otherwise one line for
 * each step.
 */
export class Progress {
  readonly #name: string;
  readonly #stream: NodeJS.WriteStream;
  /** The step in the terminal's last line. */
  #open: string | undefined;

  constructor(name: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#name = name;
    this.#stream = stream;
  }

  /** Starts a step, and ends the previous one. */
  step(what: string): void {
    this.end();
    this.#open = what;
    this.#stream.write(`${this.#name}: ${what}${this.#stream.isTTY ? "" : "\n"}`);
  }

  /** Progress of the step, such as "45 % of 98 MB"; shown on terminals only. */
  count(howFar: string): void {
    if (this.#open === undefined || !this.#stream.isTTY) return;
    this.#stream.write(`\r\x1b[K${this.#name}: ${this.#open}: ${howFar}`);
  }

  /** Prints a line that stays. */
  note(text: string): void {
    const { isTTY } = this.#stream;
    this.#stream.write(`${isTTY && this.#open !== undefined ? "\r\x1b[K" : ""}${this.#name}: ${text}\n`);
    if (isTTY && this.#open !== undefined) this.#stream.write(`${this.#name}: ${this.#open}`);
  }

  end(): void {
    if (this.#open !== undefined && this.#stream.isTTY) this.#stream.write("\n");
    this.#open = undefined;
  }
}

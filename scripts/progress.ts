/** Says what a long command does, and how far it is: on a terminal in a line that changes, else in plain lines, one a step. */
export class Progress {
  readonly #name: string;
  readonly #stream: NodeJS.WriteStream;
  /** The step that the terminal's last line is about. */
  #open: string | undefined;

  constructor(name: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#name = name;
    this.#stream = stream;
  }

  /** Begins a step, and ends the one before. */
  step(what: string): void {
    this.end();
    this.#open = what;
    this.#stream.write(`${this.#name}: ${what}${this.#stream.isTTY ? "" : "\n"}`);
  }

  /** How far the step is, such as "45 % of 98 MB": for terminals only. */
  count(howFar: string): void {
    if (this.#open === undefined || !this.#stream.isTTY) return;
    this.#stream.write(`\r\x1b[K${this.#name}: ${this.#open}: ${howFar}`);
  }

  /** Something that is to be read afterwards too. */
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

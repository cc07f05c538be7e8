/** What the selftests say of their programs, in declaration tags (progs/bpf_misc.h). */
import type { Btf, BtfDeclarationTag } from "node-libbpf";

export interface Expectations {
  /** Whether the kernel is expected to refuse it. */
  fails: boolean;
  /** Texts that the verifier's log contains, in order; between {{ and }} they are regular expressions. */
  messages: string[];
  logLevel: number;
}

export function expectations(btf: Btf, program: string): Expectations {
  const result: Expectations = { fails: false, messages: [], logLevel: 0 };
  const messages: [order: number, text: string][] = [];
  for (const tag of tagsOf(btf, program)) {
    // A counter, which keeps tags apart and in order, is before the words (7.x) or behind them (6.x).
    const [, before, word, after, value = ""] =
      /^comment:(?:(\d+):)?test_(\w+)(?:=(?:(\d+)=)?(.*))?$/s.exec(tag.name) ?? [];
    if (word === "expect_failure") result.fails = true;
    if (word === "expect_msg") messages.push([Number(before ?? after), value]);
    if (word === "log_level") result.logLevel = Number(value);
  }
  result.messages = messages.sort(([one], [other]) => one - other).map(([, text]) => text);
  return result;
}

function tagsOf(btf: Btf, program: string): readonly BtfDeclarationTag[] {
  for (const type of btf.types()) if (type.kind === "func" && type.name === program) return btf.tagsOf(type);
  return [];
}

/** The texts that the log lacks, searched in order, each behind the one before: test_loader.c, validate_msgs(). */
export function missingFrom(log: string, messages: readonly string[]): string[] {
  let at = 0;
  return messages.filter((message) => {
    const found = patternOf(message).exec(log.slice(at));
    if (found !== null) at += found.index + found[0].length;
    return found === null;
  });
}

function patternOf(message: string): RegExp {
  const parts = message.split(/\{\{(.*?)\}\}/s);
  const escaped = parts.map((part, index) =>
    index % 2 === 1 ? posix(part) : part.replace(/[.[\]\\()*+?{}|^$]/g, "\\$&"),
  );
  return new RegExp(escaped.join(""), "m");
}

/** POSIX's classes of characters, which JavaScript lacks. */
function posix(pattern: string): string {
  return pattern.replaceAll("[[:space:]]", "\\s").replaceAll("[:digit:]", "0-9").replaceAll("[:alnum:]", "0-9A-Za-z");
}

/** libbpf's messages on their way to the user. */
import type { Outcome } from "./native";

/** How serious libbpf thinks a message is. */
export type LogLevel = "warn" | "info" | "debug";

/** Receives libbpf's messages, once each, after the operation that caused them; never called for other operations. */
export type LogCallback = (level: LogLevel, message: string) => void;

const LEVELS: readonly LogLevel[] = ["warn", "info", "debug"];

/** Hands an outcome's messages to the user's callback. */
export function deliver(outcome: Outcome, onLog: LogCallback | undefined): void {
  if (onLog === undefined) return;
  for (let i = 0; i < outcome.messages.length; i += 2) {
    onLog(LEVELS[outcome.messages[i] as number] ?? "debug", outcome.messages[i + 1] as string);
  }
}

/** The texts of warnings, without libbpf's prefix. */
export function warnings(outcome: Outcome): string[] {
  const texts: string[] = [];
  for (let i = 0; i < outcome.messages.length; i += 2) {
    if (outcome.messages[i] === 0) texts.push(String(outcome.messages[i + 1]).replace(/^libbpf: /, ""));
  }
  return texts;
}

/** libbpf's messages on their way to the user. */
import type { Outcome } from ".";

/** How serious libbpf thinks a message is. */
export type LogLevel = "warn" | "info" | "debug";

/**
 * Receives libbpf's messages, once each, after the operation that caused them; never called for other operations. What it throws becomes a
 * warning, WARN_BPF_LOG_CALLBACK: the operation is done, or has failed, all the same.
 */
export type LogCallback = (level: LogLevel, message: string) => void;

const LEVELS: readonly LogLevel[] = ["warn", "info", "debug"];

/**
 * Hands an outcome's messages to the user's callback, when all that the operation does is done. What the callback throws is a warning:
 * a program is attached or not, whatever becomes of a line about it.
 */
export function deliver(outcome: Outcome, onLog: LogCallback | undefined): void {
  if (onLog === undefined) return;
  try {
    for (const { level, text } of outcome.messages) onLog(LEVELS[level] ?? "debug", text);
  } catch (error) {
    const detail = error instanceof Error ? error.stack : undefined;
    process.emitWarning(`onLog threw: ${error instanceof Error ? error.message : String(error)}`, {
      code: "WARN_BPF_LOG_CALLBACK",
      ...(detail && { detail }),
    });
  }
}

/** The texts of warnings, without libbpf's prefix. */
export function warnings(outcome: Outcome): string[] {
  const ofWarnings = outcome.messages.filter(({ level }) => LEVELS[level] === "warn");
  return ofWarnings.map(({ text }) => text.replace(/^libbpf: /, ""));
}

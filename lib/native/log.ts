/** Delivers libbpf's messages to the user. */
import type { Outcome } from ".";

/** libbpf's log level of a message (enum libbpf_print_level). */
export type LogLevel = "warn" | "info" | "debug";

/**
 * Receives libbpf's messages, each once, after the operation that caused them; never called for other operations. An
 * exception in the callback becomes a warning, WARN_BPF_LOG_CALLBACK, and does not change the operation's result.
 */
export type LogCallback = (level: LogLevel, message: string) => void;

const LEVELS: readonly LogLevel[] = ["warn", "info", "debug"];

/**
 * Delivers an outcome's messages to the callback when the operation is complete. An exception in the callback becomes a
 * warning, because it must not affect whether a program is attached.
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

/** Warnings without libbpf's prefix. */
export function warnings(outcome: Outcome): string[] {
  const ofWarnings = outcome.messages.filter(({ level }) => LEVELS[level] === "warn");
  return ofWarnings.map(({ text }) => text.replace(/^libbpf: /, ""));
}

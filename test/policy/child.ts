/**
 * Puts a version of the policy in force, and kills itself before the N-th call that changes something; 0: never.
 *   node child.js FOLDER VERSION N
 */
import fs from "node:fs";
import { native } from "../../lib/native";
import { type Name, putInForce } from "./versions";

const [folder = "", version = "", at = "0"] = process.argv.slice(2);
let left = Number(at);

/** Every call that a policy's replacement makes outside of this process's memory. */
const CALLS = {
  fs: ["mkdirSync", "renameSync", "linkSync", "unlinkSync", "rmdirSync"],
  native: ["load", "mapCreate", "mapPin", "pinFd", "linkPin", "linkUpdate", "linkClose", "lockFd"],
  attach: Object.keys(native).filter((name) => name.startsWith("attach") || name === "linkCreate"),
};

function count(owner: object, names: readonly string[]): void {
  const functions = owner as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const call = functions[name];
    if (call === undefined) throw new Error(`there is no ${name}()`);
    functions[name] = (...args) => {
      if (--left === 0) process.kill(process.pid, "SIGKILL");
      return call.apply(owner, args);
    };
  }
}

count(fs, CALLS.fs);
count(native, [...CALLS.native, ...CALLS.attach]);
putInForce(version as Name, folder).then(
  (policy) => policy.close(),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);

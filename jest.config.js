/** Tests are compiled by tsc and run from dist/, so that virtual machines need no compiler. */
module.exports = {
  rootDir: "dist/test",
  testEnvironment: "node",
  testMatch: ["**/*.test.js"],
  transform: {},
  // One copy of the library: tests import its modules too. The processes that they start have the bundle.
  moduleNameMapper: {
    "^node-libbpf$": "<rootDir>/../lib/index.js",
    "^node-libbpf/(sleepable|testing)$": "<rootDir>/../lib/$1/index.js",
  },
  // A host with an older build's leftovers must not run them twice.
  modulePathIgnorePatterns: [],
  setupFilesAfterEnv: ["<rootDir>/setup.js"],
  testTimeout: 120_000,
  haste: { enableSymlinks: false },
  watchman: false,
};

#!/bin/sh
# Runs in the guest: installs the tarball with each package manager, and runs both scripts. package.tgz,
# exec-watch.bpf.o and registry/ are next to this file; the managers are in /managers.
set -eu
cd /install
for compiler in cc gcc g++ clang make cmake python3; do
  if command -v "$compiler"; then echo "there is a $compiler" >&2; exit 1; fi
done
node registry.mjs registry 4873 &
export npm_config_registry=http://127.0.0.1:4873/ YARN_NPM_REGISTRY_SERVER=http://127.0.0.1:4873
export YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1 YARN_ENABLE_TELEMETRY=0 YARN_ENABLE_GLOBAL_CACHE=0
export COREPACK_ENABLE_STRICT=0 npm_config_update_notifier=false

project() {
  mkdir "$1" && cp watch.mjs watch.cjs "$1" && cd "$1"
  echo '{ "name": "project", "private": true }' >package.json
}

# The registry answers by the time that the first manager has started.
(project npm && node /managers/npm/bin/npm-cli.js install --no-audit --no-fund ../package.tgz >&2 &&
  echo "npm, ESM: $(node watch.mjs)" && echo "npm, CJS: $(node watch.cjs)")
(project pnpm && node /managers/pnpm/bin/pnpm.cjs add ../package.tgz >&2 &&
  echo "pnpm, ESM: $(node watch.mjs)" && echo "pnpm, CJS: $(node watch.cjs)")
(project yarn && touch yarn.lock && YARN_NODE_LINKER=node-modules node /managers/yarn/bin/yarn.js add node-libbpf@file:../package.tgz >&2 &&
  echo "yarn, ESM: $(node watch.mjs)" && echo "yarn, CJS: $(node watch.cjs)")
(project pnp && touch yarn.lock && node /managers/yarn/bin/yarn.js add node-libbpf@file:../package.tgz >&2 &&
  echo "yarn PnP, CJS: $(node -r ./.pnp.cjs watch.cjs)")

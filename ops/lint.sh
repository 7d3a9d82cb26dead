#!/bin/sh
# Types, style, layers and unused code. ESLint takes as long as all the others, so it works beside them.
# Called by npm run lint, which puts the tools on the path.
eslint . &
eslint=$!
tsc -p ops/lab/setup &&
  prettier --check . &&
  depcruise --config .dependency-cruiser.cjs appliance ha components ops tests &&
  knip
others=$?
wait "$eslint" && exit "$others"
exit 1

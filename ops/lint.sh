#!/bin/sh
# Types, style, layers and unused code. ESLint takes as long as all the others, so it works beside them.
# Called by npm run lint, which puts the tools on the path. What knip is to know of stands in package.json.
eslint . &
eslint=$!
tsc -p ops/lab/setup &&
  prettier --check . &&
  npm run --silent lint:layers &&
  knip
others=$?
wait "$eslint" && exit "$others"
exit 1

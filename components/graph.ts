import type { Component } from "./component.ts";

/** What the order of starting and stopping is computed from. */
export type GraphNode = Pick<Component, "name" | "dependsOn">;

/** Levels of names: all names of one level may be started (or stopped) side by side, levels one after the other. */
export type Levels = readonly (readonly string[])[];

/** Names that some component depends on and that no component has. */
export const unknownDependencies = (nodes: readonly GraphNode[]): readonly string[] => {
  const known = new Set(nodes.map((node) => node.name));
  const named = nodes.flatMap((node) => node.dependsOn);
  return [...new Set(named.filter((name) => !known.has(name)))].sort();
};

/**
 * Dependencies first. A dependency that is not in `nodes` counts as started, so a part of the list
 * can be ordered. Components that depend on themselves in a circle are left out: see `cycles`.
 */
export const startOrder = (nodes: readonly GraphNode[]): Levels => {
  const names = new Set(nodes.map((node) => node.name));
  const started = new Set<string>();
  const levels: string[][] = [];
  for (;;) {
    const level = nodes
      .filter((node) => !started.has(node.name))
      .filter((node) => node.dependsOn.every((name) => started.has(name) || !names.has(name)))
      .map((node) => node.name)
      .sort();
    if (level.length === 0) return levels;
    levels.push(level);
    for (const name of level) started.add(name);
  }
};

/** Dependants first: the start order, reversed. */
export const stopOrder = (nodes: readonly GraphNode[]): Levels => startOrder(nodes).toReversed();

/** Every component that needs `name`, directly or through others, in the order they are to be stopped. */
export const dependents = (nodes: readonly GraphNode[], name: string): readonly string[] => {
  const found = new Set<string>();
  const visit = (wanted: string): void => {
    for (const node of nodes) {
      if (!node.dependsOn.includes(wanted) || found.has(node.name)) continue;
      found.add(node.name);
      visit(node.name);
    }
  };
  visit(name);
  return stopOrder(nodes)
    .flat()
    .filter((candidate) => found.has(candidate) && candidate !== name);
};

/** Components that can never start, because each waits for another of them; empty in a sound graph. */
export const cycles = (nodes: readonly GraphNode[]): readonly string[] => {
  const startable = new Set(startOrder(nodes).flat());
  return nodes
    .map((node) => node.name)
    .filter((name) => !startable.has(name))
    .sort();
};

/** For whom templates are chosen. */
export interface Whose {
  readonly host: string;
  readonly node: string;
}

/** Both nodes together, as in config.sp.yml. */
const PAIR = "sp";

const NAME = /^(?<target>.+?)(?<custom>\.custom)?\.eta(?:\.(?<whose>[^/]+))?$/;

/** The more special first: for this host, for the pair, for the node, for everybody. */
const specialty = (whose: string | undefined, { host, node }: Whose): number | undefined => {
  if (whose === undefined) return 0;
  const ranks = [node, PAIR, host];
  const rank = ranks.lastIndexOf(whose);
  return rank < 0 ? undefined : rank + 1;
};

const CUSTOM_RANK = 10;

interface Candidate {
  readonly name: string;
  readonly target: string;
  readonly rank: number;
}

const candidateOf = (name: string, whose: Whose): Candidate | undefined => {
  const groups = NAME.exec(name)?.groups;
  if (groups?.["target"] === undefined) return undefined;
  const rank = specialty(groups["whose"], whose);
  if (rank === undefined) return undefined;
  return {
    name,
    target: groups["target"],
    rank: rank + (groups["custom"] === undefined ? 0 : CUSTOM_RANK),
  };
};

/** A template, and the file that it is for, both below the template directory. */
export interface Chosen {
  readonly name: string;
  readonly target: string;
}

/**
 * Chooses one template for each file: NAME.custom.eta before NAME.eta, and of each the one for this host before the one for
 * the pair (sp), for the node (sp1) and for everybody. Those for somebody else, and files that are no templates, are left out.
 *
 * @param names paths below the template directory
 */
export const chooseTemplates = (names: readonly string[], whose: Whose): readonly Chosen[] => {
  const best = new Map<string, Candidate>();
  for (const name of names) {
    const candidate = candidateOf(name, whose);
    if (candidate === undefined) continue;
    const other = best.get(candidate.target);
    if (other === undefined || candidate.rank > other.rank) best.set(candidate.target, candidate);
  }
  return [...best.values()]
    .map(({ name, target }) => ({ name, target }))
    .sort((a, b) => (a.target < b.target ? -1 : 1));
};

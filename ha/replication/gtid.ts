/**
 * Positions of MariaDB's replication: for each domain (each node writes into its own) the last transaction,
 * written `DOMAIN-SERVER-SEQUENCE` and joined by commas, e.g. `1-1-983,2-2-1`.
 */
export type Positions = ReadonlyMap<number, Position>;

interface Position {
  readonly server: number;
  readonly sequence: number;
}

/** @returns what is written in `text`; parts that are no position are left out */
export const parsePositions = (text: string): Positions => {
  const found = [...text.matchAll(/(\d+)-(\d+)-(\d+)/g)].map((match): [number, Position] => [
    Number(match[1]),
    { server: Number(match[2]), sequence: Number(match[3]) },
  ]);
  return furthest(found.map((entry) => new Map([entry])));
};

export const formatPositions = (positions: Positions): string =>
  [...positions]
    .sort(([a], [b]) => a - b)
    .map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`)
    .join(",");

/** The last sequence number in `domain`, 0 when there is none. */
export const sequenceIn = (positions: Positions, domain: number): number =>
  positions.get(domain)?.sequence ?? 0;

/** The furthest of all in each domain. */
export const furthest = (all: readonly Positions[]): Positions => {
  const result = new Map<number, Position>();
  for (const [domain, position] of all.flatMap((positions) => [...positions])) {
    if (position.sequence > sequenceIn(result, domain)) result.set(domain, position);
  }
  return result;
};

export const withoutDomain = (positions: Positions, domain: number): Positions =>
  new Map([...positions].filter(([other]) => other !== domain));

/** True when nothing in `wanted` is further than `have`. */
export const covers = (have: Positions, wanted: Positions): boolean =>
  excess(wanted, have).length === 0;

/** Transactions that one side has and the other has not, `from` and `to` included. */
export interface Excess {
  readonly domain: number;
  readonly from: number;
  readonly to: number;
}

/** What `mine` has beyond `theirs`, domain by domain. */
export const excess = (mine: Positions, theirs: Positions): readonly Excess[] =>
  [...mine].flatMap(([domain, { sequence }]) => {
    const known = sequenceIn(theirs, domain);
    return sequence > known ? [{ domain, from: known + 1, to: sequence }] : [];
  });

import type { EnginePort, PeerHost } from "../engines.ts";

/** A peer host, and what the probes of the proxy on this node have found. */
export interface PeerLine {
  readonly name: string;
  readonly group: string;
  readonly address: string;
  /** `unprobed`: its flag is not set; `unknown`: no probe has ended yet, or none is sent. Both get calls. */
  readonly state: "available" | "silent" | "unknown" | "unprobed";
  /** ISO 8601. */
  readonly silentSince?: string;
  /** How the last probe ended; 408 is silence. */
  readonly lastCode?: number;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The items of a dumped table, however many slots and lists they stand in. */
const itemsIn = (dump: unknown): readonly (readonly [string, number])[] => {
  if (!isRecord(dump)) return [];
  const { name, value } = dump;
  if (typeof name === "string" && (typeof value === "string" || typeof value === "number"))
    return [[name, Number(value)]];
  return Object.values(dump).flatMap(itemsIn);
};

const lineOf = (
  { id, name, group, address, probe }: PeerHost,
  found: ReadonlyMap<string, number>,
): PeerLine => {
  const host = { name, group, address };
  if (!probe) return { ...host, state: "unprobed" };
  const [code, silent = 0] = [found.get(`code:${id}`), found.get(`silent:${id}`)];
  if (code === undefined) return { ...host, state: "unknown" };
  if (silent === 0) return { ...host, state: "available", lastCode: code };
  const silentSince = new Date(silent * 1_000).toISOString();
  return { ...host, state: "silent", silentSince, lastCode: code };
};

/** @throws {EngineSilentError} when the proxy does not run here */
export const peerLines = async (engines: EnginePort): Promise<readonly PeerLine[]> => {
  const dump = await engines.callForJson("proxy", ["htable.dump", "probes"]);
  const found = new Map(itemsIn(dump));
  return (await engines.peerHosts()).map((host) => lineOf(host, found));
};

const HEAD = ["Peer host", "Group", "Address", "State", "Silent since", "Last code"];

export const peerRows = (lines: readonly PeerLine[]): readonly (readonly string[])[] => [
  HEAD,
  ...lines.map(({ name, group, address, state, silentSince = "-", lastCode }) => [
    ...[name, group, address, state, silentSince],
    lastCode === undefined ? "-" : String(lastCode),
  ]),
];

import type { Cell, Database, Row } from "../../appliance/database/client.ts";
import { markIn } from "./records.ts";
import type { Cdr } from "./records.ts";

/* What a call detail record says of the parties beside what stands in kamailio.acc: as it is provisioned when it is written. */

const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** A subscriber's own preference stands before the one of its customer, as for the proxy. */
const GENERAL = NUMBERS.map(
  (number) =>
    `MAX(IF(a.attribute = 'gpp${number}', COALESCE(u.value, c.value), NULL)) AS gpp${number}`,
);

const SUBSCRIBERS = `SELECT s.uuid, s.account_id, s.external_id, k.external_id AS contract, ${GENERAL.join(", ")}
  FROM provisioning.voip_subscribers s JOIN billing.contracts k ON k.id = s.account_id
  JOIN provisioning.voip_preferences a ON a.attribute IN ('${NUMBERS.map((number) => `gpp${number}`).join("', '")}')
  LEFT JOIN provisioning.voip_usr_preferences u ON u.subscriber_id = s.id AND u.attribute_id = a.id
  LEFT JOIN provisioning.voip_contract_preferences c ON c.contract_id = s.account_id AND c.attribute_id = a.id
  WHERE s.uuid IN (?) GROUP BY s.id`;

const PROVIDERS = `SELECT h.name, g.name AS provider FROM provisioning.voip_peer_hosts h
  JOIN provisioning.voip_peer_groups g ON g.id = h.group_id WHERE h.name IN (?)`;

const columnsOf = (side: "source" | "destination"): readonly string[] => [
  ...[`${side}_account_id`, `${side}_external_subscriber_id`, `${side}_external_contract_id`],
  ...NUMBERS.map((number) => `${side}_gpp${number}`),
  ...[`${side}_provider_id`, `${side}_peer`],
];

/** In the order of the cells that PartyFacts gives. */
export const PARTY_COLUMNS = [
  ...columnsOf("source"),
  ...columnsOf("destination"),
  "forwarder_user_id",
];

const NOBODY = "0";

const wordIn = (row: Row | undefined, column: string): string => {
  const value = row?.[column];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

const peersOf = ({ sourceLeg, destinationLeg }: Cdr): readonly string[] => [
  markIn(sourceLeg, "peer"),
  markIn(destinationLeg, "peer"),
];

/** What is provisioned for the parties of some calls. */
export class PartyFacts {
  readonly #subscribers: ReadonlyMap<string, Row>;
  readonly #providers: ReadonlyMap<string, string>;

  private constructor(subscribers: readonly Row[], providers: readonly Row[]) {
    this.#subscribers = new Map(subscribers.map((row) => [wordIn(row, "uuid"), row]));
    this.#providers = new Map(
      providers.map((row) => [wordIn(row, "name"), wordIn(row, "provider")]),
    );
  }

  /** Two questions for all of `cdrs`. @throws what Database.query throws */
  static async of(database: Database, cdrs: readonly Cdr[]): Promise<PartyFacts> {
    const ask = async (statement: string, words: readonly string[]): Promise<readonly Row[]> => {
      const known = [...new Set(words)].filter((word) => word !== "");
      return known.length === 0 ? [] : database.query(statement, [known]);
    };
    const uuids = cdrs.flatMap(({ source, destination }) => [source.uuid, destination.uuid]);
    return new PartyFacts(
      await ask(SUBSCRIBERS, uuids),
      await ask(PROVIDERS, cdrs.flatMap(peersOf)),
    );
  }

  /** The cells of PARTY_COLUMNS. */
  cellsOf(cdr: Cdr): readonly Cell[] {
    const [from = "", to = ""] = peersOf(cdr);
    return [
      ...this.#cellsOfSide(cdr.source.uuid, from),
      ...this.#cellsOfSide(cdr.destination.uuid, to),
      markIn(cdr.destinationLeg, "by") || NOBODY,
    ];
  }

  /** Who provides a party is known of peers alone: there are no resellers here. */
  #cellsOfSide(uuid: string, peer: string): readonly Cell[] {
    const row = this.#subscribers.get(uuid);
    return [
      ...[wordIn(row, "account_id") || NOBODY, wordIn(row, "external_id"), wordIn(row, "contract")],
      ...NUMBERS.map((number) => wordIn(row, `gpp${number}`)),
      ...[this.#providers.get(peer) ?? NOBODY, peer],
    ];
  }
}

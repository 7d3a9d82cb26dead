import { Argument, Command, InvalidArgumentError, Option } from "commander";
import {
  backlogOf,
  cdrColumns,
  eachPage,
  markExported,
  newest,
} from "../../../appliance/database/cdrs.ts";
import type { Backlog, Wanted } from "../../../appliance/database/cdrs.ts";
import { expectRevision, expectWritable } from "../../../appliance/database/client.ts";
import type { Database, Row } from "../../../appliance/database/client.ts";
import { VERSION } from "../../../appliance/version.ts";
import { exitStatusHelp } from "../../exit-status.ts";
import type { ExitMeanings, ExitName } from "../../exit-status.ts";
import { table, titled } from "../../output/table.ts";
import type { Desk, Tool } from "../../tool.ts";
import { cellText, csvLine } from "./csv.ts";

/** What ngcp-cdr works on. */
export interface CdrGround {
  /** @throws an ApplianceError where this node's MariaDB cannot be used */
  readonly connect: () => Promise<Database>;
  /** Writes a file that is there whole or not at all. @throws the error of the file system */
  readonly writeFile: (path: string, chunks: AsyncIterable<string>) => Promise<void>;
}

interface Options extends Wanted {
  readonly json?: boolean;
  readonly csv?: string;
  readonly again?: boolean;
  readonly limit?: number;
}

/** The newest revision whose columns this program names. */
const NEEDED_REVISION = 5;

const EXITS: ExitMeanings = {
  done: "done",
  failed: "it failed; the reason is on standard error",
  usage: "wrong usage",
};

const time = (given: string): number => {
  const ms = Date.parse(given);
  if (Number.isNaN(ms))
    throw new InvalidArgumentError("It is no time like 2026-11-24 or 2026-11-24T10:00:00Z.");
  return ms / 1_000;
};

const count = (given: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new InvalidArgumentError("It is no number from 1 up.");
  return Number(given);
};

const STATUSES = ["ok", "busy", "noanswer", "cancel", "offline", "timeout", "other", "failed"];
const ENDS = ["bye", "refusal", "no_media", "no_dialog", "max_length"];

const ACTIONS = [
  "",
  "Actions:",
  "  show [CALL-ID]  shows the newest call detail records, or those of one Call-ID",
  "  export          prints those not exported yet as CSV, the oldest first; into a file, marks them as exported",
  "  status          shows how far the mediator is",
].join("\n");

const define = (): Command =>
  new Command("ngcp-cdr")
    .description("shows and exports the call detail records of the pair")
    .addArgument(new Argument("[action]", "what to do, one of those below"))
    .addArgument(new Argument("[callId]", "with show: the Call-ID"))
    .addOption(
      new Option("--from <time>", "calls that began then or later, in ISO 8601").argParser(time),
    )
    .addOption(new Option("--to <time>", "calls that began before, in ISO 8601").argParser(time))
    .addOption(new Option("--status <status>", "with this call_status").choices(STATUSES))
    .addOption(new Option("--ended-by <what>", "that ended by this").choices(ENDS))
    .addOption(
      new Option("--limit <count>", "with show: how many at most").argParser(count).default(20),
    )
    .addOption(new Option("--csv <file>", "with export: into a file, whole or not at all"))
    .addOption(new Option("--again", "with export: also those exported before; marks nothing"))
    .addOption(new Option("--json", "with show and status: print JSON"))
    .version(VERSION)
    .addHelpText("after", ACTIONS)
    .addHelpText("after", exitStatusHelp(EXITS));

/** @param onRows told of what is given out */
const csvOf = async function* (
  database: Database,
  wanted: Wanted,
  onRows: (rows: readonly Row[]) => void,
): AsyncGenerator<string> {
  const columns = await cdrColumns(database);
  yield csvLine(columns);
  for await (const rows of eachPage(database, wanted)) {
    onRows(rows);
    yield rows.map((row) => csvLine(columns.map((column) => row[column]))).join("\n");
  }
};

const withLineEnds = async function* (chunks: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of chunks) yield `${chunk}\n`;
};

type Work = (
  database: Database,
  desk: Desk,
  given: { readonly options: Options; readonly callId: string | undefined },
) => Promise<void>;

const exportOn =
  (ground: CdrGround): Work =>
  async (database, desk, { options }) => {
    const isFirst = options.again !== true;
    const ids: number[] = [];
    const chunks = csvOf(database, { ...options, unexported: isFirst }, (rows) => {
      for (const row of rows) ids.push(Number(row["id"]));
    });
    if (options.csv === undefined) {
      // Where that goes, and whether it comes there, nobody here knows.
      for await (const chunk of chunks) desk.say(chunk);
      return;
    }
    // Before the file is there: on the standby nothing could be marked afterwards.
    if (isFirst) await expectWritable(database, desk.node);
    await ground.writeFile(options.csv, withLineEnds(chunks));
    if (isFirst) await markExported(database, ids);
  };

const word = (row: Row, column: string): string => cellText(row[column]);

const cellsOf = (row: Row): readonly string[] => [
  new Date(Number(row["start_time"]) * 1_000).toISOString(),
  Number(row["duration"]).toFixed(3),
  `${word(row, "source_user")}@${word(row, "source_domain")}`,
  `${word(row, "destination_user_dialed")}@${word(row, "destination_domain")}`,
  word(row, "call_type"),
  `${word(row, "call_status")} ${word(row, "call_code")}`,
  word(row, "ended_by"),
  word(row, "call_id"),
];

const HEAD = ["start", "seconds", "from", "to", "type", "status", "ended by", "Call-ID"];

const show: Work = async (database, desk, { options, callId }) => {
  const rows = await newest(database, { ...options, callId }, options.limit ?? 20);
  if (options.json === true) desk.say(JSON.stringify(rows, undefined, 2));
  else table([HEAD, ...rows.map(cellsOf)]).forEach(desk.say);
};

const backlogLines = (backlog: Backlog): readonly string[] =>
  (
    [
      [
        "mediator",
        backlog.writable ? "writes on this node" : "writes on the peer, not on this node",
      ],
      ["calls under way", String(backlog.callsUnderWay)],
      ["records waiting", `${backlog.recordsWaiting}, the oldest for ${backlog.oldestSeconds} s`],
      ["CDRs", `${backlog.cdrs}, ${backlog.unexported} unexported`],
      ["closed by rule", String(backlog.closedByRule)],
    ] as const
  ).flatMap(([title, line]) => titled(title, 17, [line]));

const status: Work = async (database, desk, { options }) => {
  const backlog = await backlogOf(database);
  if (options.json === true) desk.say(JSON.stringify(backlog, undefined, 2));
  else backlogLines(backlog).forEach(desk.say);
};

const run = async (parsed: Command, desk: Desk, ground: CdrGround): Promise<ExitName> => {
  const works: Readonly<Record<string, Work>> = { export: exportOn(ground), show, status };
  const [name = "", callId] = parsed.args;
  const work = Object.hasOwn(works, name) ? works[name] : undefined;
  if (work === undefined) {
    parsed.outputHelp({ error: true });
    return "usage";
  }
  const database = await ground.connect();
  try {
    await expectRevision(database, NEEDED_REVISION);
    await work(database, desk, { options: parsed.opts<Options>(), callId });
    return "done";
  } finally {
    await database.end();
  }
};

/** What `--help` and the man page are made of; it needs no machine. */
export const cdrDefinition = { define, exits: EXITS };

export const cdrOn = (ground: CdrGround): Tool => ({
  ...cdrDefinition,
  run: (parsed, desk) => run(parsed, desk, ground),
});

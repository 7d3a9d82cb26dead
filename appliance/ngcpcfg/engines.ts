import { dirname } from "node:path";

/** What an engine found wrong in one file. */
export interface Finding {
  /** The file, where it is another one than the engine was given. */
  readonly at?: string;
  /** Line of the file, where the engine tells it or it can be found out. */
  readonly line: number | undefined;
  readonly sentence: string;
}

/** What an engine said, and how it ended. */
export interface Said {
  readonly status: number;
  /** Standard output and standard error, in this order. */
  readonly text: string;
}

/** A program that can read its own file without doing anything else. */
export interface Engine {
  /** The program, as the operator knows it. */
  readonly name: string;
  /** The file that it is given when the file at this path changes; undefined where it has nothing to do with that. */
  readonly mainOf: (path: string) => string | undefined;
  /** A text that names other files by their paths, so that it means those that are shown with it. */
  readonly within?: (text: string, folder: string) => string;
  /** @param at where the file lies to be read */
  readonly command: (at: string) => readonly [string, ...string[]];
  /** Added to its environment. */
  readonly environment?: (at: string) => Readonly<Record<string, string>>;
  readonly findings: (said: Said, content: string) => readonly Finding[];
}

const LAST_LINES = 3;

const linesOf = (text: string): readonly string[] =>
  text.split("\n").filter((line) => line.trim() !== "");

/** For an engine that refuses a file in words that nobody here knows. */
const unexplained = ({ status, text }: Said): Finding => ({
  line: undefined,
  sentence: `ended with status ${status}: ${linesOf(text).slice(-LAST_LINES).join("; ")}`,
});

const orUnexplained = (said: Said, found: readonly Finding[]): readonly Finding[] =>
  found.length === 0 && said.status !== 0 ? [unexplained(said)] : found;

const normal = (key: string): string => key.toLowerCase().replaceAll("-", "_");

const KEY = /^\s*([\w-]+)/;

/** The line that begins with `key`; the last one, for that is the one that counts. */
const lineOfKey = (content: string, key: string): number | undefined => {
  const index = content
    .split("\n")
    .findLastIndex((line) => normal(KEY.exec(line)?.[1] ?? "") === normal(key));
  return index < 0 ? undefined : index + 1;
};

const KAMAILIO_PLACE = /parse error in config file (\S+), line (\d+), column [\d-]+: ?(.*)$/;
const KAMAILIO_WHY = /ERROR: .*?\]: \w+\(\): (.*)$/;

/** Each place, with the error that kamailio told just before it. */
const kamailioFindings = (said: Said): readonly Finding[] => {
  const found: Finding[] = [];
  let why: string | undefined;
  for (const line of linesOf(said.text)) {
    const [, at, number, what = ""] = KAMAILIO_PLACE.exec(line) ?? [];
    if (at === undefined) {
      why = KAMAILIO_WHY.exec(line)?.[1] ?? why;
      continue;
    }
    const sentence = [what, why].filter(Boolean).join(": ");
    if (sentence !== "") found.push({ at, line: Number(number), sentence });
    why = undefined;
  }
  return said.status === 0 ? [] : orUnexplained(said, found);
};

const MARIADB_ERROR = /\[ERROR\] (?:mariadbd: )?(.*)$/;
/** `unknown variable 'name=1'`, `Error while setting value '1' to 'name'`, `... used for variable 'name'`. */
const MARIADB_KEY =
  /(?:unknown variable|to|variable|unknown option|ambiguous option) '(?:--)?([\w-]+)/;

const mariadbFindings = (said: Said, content: string): readonly Finding[] => {
  const found = linesOf(said.text).flatMap((line) => {
    const sentence = MARIADB_ERROR.exec(line)?.[1];
    if (sentence === undefined) return [];
    const key = MARIADB_KEY.exec(sentence)?.[1];
    return [{ line: key === undefined ? undefined : lineOfKey(content, key), sentence }];
  });
  return orUnexplained(said, found);
};

/**
 * Redis has no check of its own. A list of accounts that does not exist stops its start when it has read everything
 * else, and before it listens, or looks at its data.
 */
const REDIS_END = "/nonexistent/ngcp-end-of-check";
const REDIS_OPTIONS = ["--daemonize", "no", "--supervised", "no", "--logfile", ""] as const;
const REDIS_STOP = /at line (\d+)\n>>> '(.*)'\n(.*)/;
const REDIS_UNKNOWN = /# >>> '(\S+)/g;

const redisFindings = (said: Said, content: string): readonly Finding[] => {
  const [, line, directive = "", why = ""] = REDIS_STOP.exec(said.text) ?? [];
  if (line !== undefined)
    return [{ line: Number(line), sentence: `${directive.split(" ")[0] ?? ""}: ${why}` }];
  if (said.text.includes(REDIS_END)) return [];
  const unknown = [...said.text.matchAll(REDIS_UNKNOWN)].map(([, name = ""]) => ({
    line: lineOfKey(content, name),
    sentence: `${name}: unknown directive`,
  }));
  return orUnexplained(said, unknown);
};

const RTPENGINE_KEY = /contains key \W*([\w-]+)\W* in group/;

const rtpengineFindings = (said: Said, content: string): readonly Finding[] => {
  if (said.status === 0) return [];
  const key = RTPENGINE_KEY.exec(said.text)?.[1];
  const { sentence } = unexplained(said);
  return [{ line: key === undefined ? undefined : lineOfKey(content, key), sentence }];
};

const SYSTEMD_PLACE = /^(?:\S+\/)?([^/\s:]+\.[a-z]+):(\d+): (.*)$/;

const systemdFindings = (said: Said): readonly Finding[] => {
  const found = linesOf(said.text).flatMap((line) => {
    const [, , at, sentence] = SYSTEMD_PLACE.exec(line) ?? [];
    return at === undefined || sentence === undefined ? [] : [{ line: Number(at), sentence }];
  });
  return orUnexplained(said, found);
};

const only =
  (file: string) =>
  (path: string): string | undefined =>
    path === file ? file : undefined;

const KAMAILIO_PART = /^(\/etc\/kamailio\/[^/]+)\/[^/]+\.cfg$/;
const KAMAILIO_INCLUDE = /^(\s*(?:include|import)_file\s+")(?=\/)/gm;

/** Each engine that can read its own file before it is installed. What the others would say shows when they start. */
export const ENGINES: readonly Engine[] = [
  {
    name: "kamailio",
    mainOf: (path) => {
      const folder = KAMAILIO_PART.exec(path)?.[1];
      return folder === undefined ? undefined : `${folder}/kamailio.cfg`;
    },
    within: (text, folder) => text.replaceAll(KAMAILIO_INCLUDE, `$1${folder}`),
    command: (at) => ["kamailio", "-c", "-f", at],
    findings: kamailioFindings,
  },
  {
    name: "mariadbd",
    mainOf: only("/etc/mysql/ngcp.cnf"),
    command: (at) => ["mariadbd", `--defaults-file=${at}`, "--help", "--verbose"],
    findings: mariadbFindings,
  },
  {
    name: "redis-server",
    mainOf: only("/etc/redis/ngcp-redis.conf"),
    command: (at) => ["redis-server", at, ...REDIS_OPTIONS, "--aclfile", REDIS_END],
    findings: redisFindings,
  },
  {
    name: "rtpengine",
    mainOf: only("/etc/rtpengine/ngcp-rtpengine.conf"),
    // It reads its file before it tells its version; it does not know which keys there are, only their kinds.
    command: (at) => [
      "rtpengine",
      "--config-file",
      at,
      "--config-section",
      "rtpengine",
      "--version",
    ],
    findings: rtpengineFindings,
  },
  {
    name: "systemd-analyze",
    mainOf: (path) => (/^\/etc\/systemd\/system\/[^/]+\.[a-z]+$/.test(path) ? path : undefined),
    command: (at) => ["systemd-analyze", "verify", "--man=no", at],
    environment: (at) => ({ SYSTEMD_UNIT_PATH: `${dirname(at)}:` }),
    findings: systemdFindings,
  },
];

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { checkout } from "../../golden/golden.ts";
import { until } from "../../contract/sip/until.ts";

const LIMIT_MS = 60_000;

const MODULES = [
  ...["pbx_config", "res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory"],
  ...["res_sorcery_astdb", "res_pjproject", "res_pjsip", "res_pjsip_session"],
  ...["res_pjsip_sdp_rtp", "res_pjsip_endpoint_identifier_anonymous", "res_pjsip_caller_id"],
  ...[
    "res_rtp_asterisk",
    "res_pjsip_pubsub",
    "chan_pjsip",
    "codec_alaw",
    "app_dial",
    "bridge_simple",
  ],
  ...["bridge_native_rtp", "func_callerid"],
];

/** Asterisk as a plain back-to-back user agent: every call is dialled to one callee, the media stays where it is. */
const files = (port: number, calleePort: number): Readonly<Record<string, string>> => ({
  // It looks its own name up for each call, and would wait for a name server.
  hosts: `127.0.0.1 localhost ${hostname()}\n`,
  "asterisk.conf": "[options]\nverbose=0\n",
  "logger.conf": "[logfiles]\nconsole => error\n",
  "modules.conf": `[modules]\nautoload=no\n${MODULES.map((each) => `load=${each}.so`).join("\n")}\n`,
  "rtp.conf": "[general]\nrtpstart=20000\nrtpend=60000\n",
  "extensions.conf": `[default]\nexten => _.,1,Dial(PJSIP/callee/sip:callee@127.0.0.1:${calleePort})\n`,
  "pjsip.conf": `[system]
type=system
threadpool_initial_size=5
threadpool_max_size=50
[udp]
type=transport
protocol=udp
bind=127.0.0.1:${port}
[anonymous]
type=endpoint
context=default
disallow=all
allow=alaw
direct_media=no
[callee]
type=endpoint
context=default
disallow=all
allow=alaw
direct_media=no
aors=callee
[callee]
type=aor
contact=sip:callee@127.0.0.1:${calleePort}
`,
});

/** Mounts that only it sees, and that end with it: its configuration, and room for what it writes. */
const RUN = `
root=$1 config=$2
mount --bind "$config" "$root/etc/asterisk"
touch "$root/etc/hosts"
mount --bind "$config/hosts" "$root/etc/hosts"
mount -t proc proc "$root/proc"
for each in run tmp var/lib/asterisk var/log/asterisk var/spool/asterisk
do mount -t tmpfs tmpfs "$root/$each"
done
mkdir -p "$root/run/asterisk"
exec chroot "$root" /usr/sbin/asterisk -f -p -C /etc/asterisk/asterisk.conf
`;

/** Where the root directory of Debian sid is, made when it is not there yet. */
const systemDirectory = (): string => {
  const words = [join(checkout, "ops/lab/setup/asterisk.mjs")];
  const made = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`no Asterisk: ${made.stderr}`);
  return made.stdout.trim();
};

const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);

/** The process of that name behind those that contain it; it has a helper of its own below it. */
const processUnder = (pid: number, name: string): number => {
  const [child] = childrenOf(pid);
  return child === undefined || nameOf(pid) === name ? pid : processUnder(child, name);
};

export class Asterisk {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #config: string;
  #said = "";

  private constructor(port: number, calleePort: number) {
    this.port = port;
    this.#config = mkdtempSync(join(tmpdir(), "tandem-asterisk-"));
    for (const [name, text] of Object.entries(files(port, calleePort)))
      writeFileSync(join(this.#config, name), text);
    const contained = [
      "--pdeathsig",
      "KILL",
      "unshare",
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "--mount-proc",
    ];
    this.#child = spawn(
      "setpriv",
      [...contained, "sh", "-euc", RUN, "asterisk", systemDirectory(), this.#config],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk: Buffer) => (this.#said += chunk.toString()));
  }

  static async start(port: number, calleePort: number): Promise<Asterisk> {
    const asterisk = new Asterisk(port, calleePort);
    const bound = new RegExp(`: 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} `);
    const listens = (): Promise<boolean> => {
      if (asterisk.#child.exitCode !== null) throw new Error(`Asterisk ended: ${asterisk.#said}`);
      return Promise.resolve(bound.test(readFileSync("/proc/net/udp", "utf8")));
    };
    try {
      await until(listens, LIMIT_MS);
    } catch (error) {
      await asterisk.end();
      throw error;
    }
    return asterisk;
  }

  get pid(): number {
    return processUnder(this.#child.pid ?? 0, "asterisk");
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    rmSync(this.#config, { recursive: true, force: true });
  }
}

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { checkout } from "../../golden/golden.ts";
import { until } from "../sip/until.ts";
import { LIMIT_MS } from "./line.ts";
import type { Line } from "./line.ts";
import { SbcPair } from "./pair.ts";
import { freeTcpPort } from "./redis-server.ts";
import type { Lines } from "./wire-phone.ts";
import { WirePhone } from "./wire-phone.ts";

export const SECRET = "theSecretOfApplications";
/** What both nodes of a pair know. */
const PAIR_SECRET = "theSecretOfThePair";

/** What the proxy says of a call that is for the application of these tests. */
export const FOR_TEST: Lines = { "P-NGCP-Application": "test" };

/** An application in a process of its own. */
export class Application {
  readonly #child: ChildProcess;
  said = "";

  constructor(port: number, secret = SECRET) {
    const program = join(checkout, "dist/tests/contract/sbc/application.js");
    this.#child = spawn(process.execPath, [program, String(port), secret], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
  }

  /** Resolves when it has said this line `times` times. */
  async says(line: string, times = 1): Promise<void> {
    const count = (): number => this.said.split("\n").filter((each) => each === line).length;
    await until(() => Promise.resolve(count() >= times), LIMIT_MS);
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}

export interface ApplicationLine extends Line {
  readonly application: Application;
  /** Where applications connect. */
  readonly port: number;
}

/** A B2BUA with one application, and two phones. Taken away when the test has ended. */
export const openedWithApplication = async (
  t: ExecutionContext,
  settings: object = {},
): Promise<ApplicationLine> => {
  t.timeout(2 * LIMIT_MS);
  const directory = mkdtempSync(join(tmpdir(), "tandem-drachtio-"));
  const [settingsFile, secrets] = [
    join(directory, "settings.json"),
    join(directory, "secrets.json"),
  ];
  writeFileSync(settingsFile, JSON.stringify(settings));
  writeFileSync(secrets, JSON.stringify({ applicationSecret: SECRET, recordSecret: PAIR_SECRET }));
  const [caller, callee] = await Promise.all([WirePhone.open(), WirePhone.open()]);
  const port = await freeTcpPort();
  const pair = await SbcPair.start(callee.port, settingsFile, [
    ...["--drachtio", `127.0.0.1:${port}`, "--secrets", secrets],
  ]);
  const application = new Application(port);
  t.teardown(async () => {
    caller.close();
    callee.close();
    await application.kill();
    await pair.end();
    rmSync(directory, { recursive: true, force: true });
  });
  await application.says("connected");
  return { pair, caller, callee, application, port };
};

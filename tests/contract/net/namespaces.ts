import { execFileSync, fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { AgentAnswer, AgentEvent, AgentRequest, AgentTasks } from "./agent.ts";

const ip = (...args: readonly string[]): string =>
  execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

type TaskName = keyof AgentTasks;

/** A process inside a network namespace that does what a test tells it. */
export class Agent {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: AgentAnswer) => void>();
  readonly events: AgentEvent[] = [];
  #count = 0;

  constructor(namespace: string) {
    const program = fileURLToPath(new URL("agent.js", import.meta.url));
    this.#child = fork(program, [], {
      execPath: "ip",
      execArgv: ["netns", "exec", namespace, process.execPath],
    });
    this.#child.on("message", (message: AgentAnswer | AgentEvent) => {
      if ("event" in message) this.events.push(message);
      else this.#waiting.get(message.id)?.(message);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask<Name extends TaskName>(
    name: Name,
    ...args: Parameters<AgentTasks[Name]>
  ): Promise<Awaited<ReturnType<AgentTasks[Name]>>> {
    this.#count += 1;
    const request: AgentRequest = { id: this.#count, name, args };
    const answer = await new Promise<AgentAnswer>((resolve) => {
      this.#waiting.set(request.id, resolve);
      this.#child.send(request);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result as Awaited<ReturnType<AgentTasks[Name]>>;
  }

  /** Waits until an event with this name was told; checks what is there first. */
  async event(name: string, waitMs: number): Promise<AgentEvent> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const at = this.events.findIndex(({ event }) => event === name);
      const [found] = at < 0 ? [] : this.events.splice(at, 1);
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no event ${name} within ${waitMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#child.once("message", () => {
          clearTimeout(timer);
          setImmediate(resolve);
        });
      });
    }
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Two namespaces joined by a LAN (eth0) and a crosslink (eth1), as two nodes are. */
export class Pair {
  readonly namespaces: readonly [string, string];

  constructor(name: string) {
    const lab = process.env["TANDEM_LAB"] ?? "tandem";
    this.namespaces = [`${lab}-${name}-1`, `${lab}-${name}-2`];
    this.remove();
    for (const [at, namespace] of this.namespaces.entries()) {
      ip("netns", "add", namespace);
      ip("-n", namespace, "link", "set", "lo", "up");
      // Link-local addresses that are still being checked keep IPv6 silent for a second.
      ip("netns", "exec", namespace, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0");
      if (at === 0) continue;
      for (const device of ["eth0", "eth1"]) {
        const [one, two] = this.namespaces;
        ip("-n", one, "link", "add", device, "type", "veth", "peer", "name", device, "netns", two);
      }
    }
    for (const [at, namespace] of this.namespaces.entries()) {
      const host = String(11 + at);
      ip("-n", namespace, "addr", "add", `192.0.2.${host}/24`, "dev", "eth0");
      ip("-n", namespace, "addr", "add", `2001:db8::${host}/64`, "dev", "eth0", "nodad");
      ip("-n", namespace, "addr", "add", `192.168.255.${251 + at}/29`, "dev", "eth1");
      ip("-n", namespace, "link", "set", "eth0", "up");
      ip("-n", namespace, "link", "set", "eth1", "up");
    }
  }

  /** Waits until the kernels use IPv6 on the LAN: they begin up to a second after the link came up. */
  async ready(): Promise<void> {
    const isReady = (node: 1 | 2): boolean =>
      this.ip(node, "-o", "-6", "addr", "show", "dev", "eth0", "scope", "link") !== "";
    while (!isReady(1) || !isReady(2)) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Runs `ip` in the namespace of node 1 or 2. */
  ip(node: 1 | 2, ...args: readonly string[]): string {
    return ip("-n", this.namespaces[node - 1] ?? "", ...args);
  }

  agent(node: 1 | 2): Agent {
    return new Agent(this.namespaces[node - 1] ?? "");
  }

  remove(): void {
    const present = ip("netns", "list");
    for (const namespace of this.namespaces) {
      const isThere = present.split("\n").some((line) => line.split(" ")[0] === namespace);
      if (isThere) ip("netns", "del", namespace);
    }
  }
}

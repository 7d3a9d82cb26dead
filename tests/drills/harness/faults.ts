import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { attachDisk, diskOf, setDiskHung } from "../../../ops/lab/disk.ts";
import type { Layers } from "../../../ops/lab/disk.ts";
import { setFrozen } from "../../../ops/lab/cgroup.ts";
import type { Instruments } from "../../../ops/lab/measure/instruments.ts";
import {
  namespaceOf,
  namespacePath,
  NODES,
  PING_NODES,
  portOf,
  SHARED_ADDRESS,
} from "../../../ops/lab/names.ts";
import type { Lab, Link, NodeName } from "../../../ops/lab/names.ts";
import { ipBatch, setPorts } from "../../../ops/lab/network.ts";
import type { Port } from "../../../ops/lab/network.ts";
import { cutPower, enter, leaderOf, NodeError, powerOn, shutDown } from "../../../ops/lab/node.ts";
import { nowMs } from "../../../ops/lab/phone/clock.ts";
import { NFT, run, runAny } from "../../../ops/lab/run.ts";
import type { Outcome } from "../../../ops/lab/run.ts";

/** Everything that can be done to a pair, and how it is undone. Each answers with the time at which it was done. */
export class Faults {
  readonly #lab: Lab;
  readonly #layers: Layers;
  readonly #instruments: Instruments;
  readonly #undo = new Map<string, () => Promise<void>>();

  constructor(lab: Lab, layers: Layers, instruments: Instruments) {
    this.#lab = lab;
    this.#layers = layers;
    this.#instruments = instruments;
  }

  async cutPower(...nodes: readonly NodeName[]): Promise<number> {
    const times = await Promise.all(
      nodes.map(async (node) => {
        const cut = cutPower(this.#lab, node, (at) => {
          this.#instruments.witness.noteCable(node, false, at);
          return this.#instruments.unplugged(node);
        });
        return await cut;
      }),
    );
    return Math.min(...times);
  }

  /** Powers nodes on; their systemd runs when this is done, but nothing else yet. */
  async powerOn(...nodes: readonly NodeName[]): Promise<number> {
    const at = nowMs();
    await Promise.all(
      nodes.map((node) =>
        powerOn(this.#lab, node, this.#layers, (plugged) => this.#instruments.plugged(plugged)),
      ),
    );
    return at;
  }

  /** `systemctl poweroff`, and on again when the machine is off. */
  async reboot(node: NodeName): Promise<number> {
    const at = nowMs();
    await shutDown(this.#lab, node, () => this.#instruments.unplugged(node));
    await this.powerOn(node);
    return at;
  }

  /** Pulls cables, all at once: both ends lose carrier. */
  async unplug(...cables: readonly Port[]): Promise<number> {
    const ports = this.#portsOf(cables);
    this.#undo.set(keyOf(cables), () => this.plug(...cables));
    await setPorts(this.#lab, ports, "down");
    const at = nowMs();
    for (const { node, link } of cables)
      if (link === "lan") this.#instruments.witness.noteCable(node, false, at);
    return at;
  }

  async plug(...cables: readonly Port[]): Promise<void> {
    this.#undo.delete(keyOf(cables));
    const at = nowMs();
    for (const { node, link } of cables)
      if (link === "lan") this.#instruments.witness.noteCable(node, true, at);
    await setPorts(this.#lab, this.#portsOf(cables), "up");
  }

  /** The crosslink is one cable with two ends. */
  #portsOf(cables: readonly Port[]): readonly Port[] {
    return cables.flatMap(({ node, link }): readonly Port[] =>
      link === "crosslink" ? NODES.map((end) => ({ node: end, link })) : [{ node, link }],
    );
  }

  /**
   * Cuts the nodes apart on every link though each reaches everybody else: the crosslink's cable, and the switch lets
   * nothing through from one to the other.
   */
  async splitPair(): Promise<number> {
    const at = await this.unplug({ node: "sp1", link: "crosslink" });
    this.undoLater("split", () => this.#setIsolated("off"));
    await this.#setIsolated("on");
    return at;
  }

  async healPair(): Promise<void> {
    await this.#setIsolated("off");
    await this.plug({ node: "sp1", link: "crosslink" });
  }

  /** A port that was plugged in anew is not isolated. */
  async #setIsolated(to: "on" | "off"): Promise<void> {
    const commands = NODES.map(
      (node) => `link set ${portOf(node, "lan")} type bridge_slave isolated ${to}`,
    );
    await ipBatch(namespaceOf(this.#lab, "switch"), commands);
  }

  /** Lets nothing in over one link of a node: what it sends still arrives. */
  async deafen(node: NodeName, link: Link): Promise<number> {
    const device = link === "lan" ? "eth0" : "eth1";
    const rules = `table inet drill {
  chain in { type filter hook input priority -300; iifname "${device}" drop; }
}
`;
    this.#undo.set(`deaf ${node}`, () => this.#hearing(node));
    await run(this.#nft(node, ["-f", "-"]), { input: rules });
    return nowMs();
  }

  async #hearing(node: NodeName): Promise<void> {
    if (existsSync(namespacePath(this.#lab, node)))
      await runAny(this.#nft(node, ["delete", "table", "inet", "drill"]));
  }

  #nft(node: NodeName, words: readonly string[]): readonly string[] {
    return ["nsenter", `--net=${namespacePath(this.#lab, node)}`, NFT, ...words];
  }

  /** Stops a whole machine in its tracks, as a hypervisor does. Its kernel's network goes on, as a real one's does not. */
  freezeNode(node: NodeName): number {
    this.#undo.set(`frozen ${node}`, () => {
      this.thawNode(node);
      return Promise.resolve();
    });
    setFrozen(this.#lab, node, true);
    this.#instruments.setFrozen(node, true);
    return nowMs();
  }

  thawNode(node: NodeName): number {
    this.#undo.delete(`frozen ${node}`);
    this.#instruments.setFrozen(node, false);
    setFrozen(this.#lab, node, false);
    return nowMs();
  }

  /** Sends a signal to all processes of a unit, as nobody's own tool would. */
  async signalUnit(node: NodeName, unit: string, signal: string): Promise<number> {
    const at = nowMs();
    await this.must(node, ["systemctl", "kill", `--signal=${signal}`, "--kill-whom=all", unit]);
    return at;
  }

  /** The disk neither fails nor answers: every write waits. */
  async hangDisk(node: NodeName): Promise<number> {
    this.#undo.set(`disk ${node}`, () => setDiskHung(this.#lab, node, false));
    await setDiskHung(this.#lab, node, true);
    return nowMs();
  }

  /** Writes until there is no room left. */
  async fillDisk(node: NodeName): Promise<number> {
    const file = path.join(diskOf(this.#lab, node).device, "filler");
    this.#undo.set(`full ${node}`, async () => {
      await runAny(["rm", "-f", file]);
    });
    await runAny(["fallocate", "--length", "16G", file]);
    await runAny(["dd", "if=/dev/zero", `of=${file}`, "bs=1M", "oflag=append", "conv=notrunc"]);
    return nowMs();
  }

  /** Where the stores of a machine without power keep their data. */
  async dataFolders(node: NodeName): Promise<readonly string[]> {
    const { root } = await attachDisk(this.#lab, node, this.#layers);
    return ["mysql", "redis"].map((store) => path.join(root, "var/lib", store));
  }

  /** The LAN's other hosts go silent: nothing else changes. */
  async silencePingNodes(): Promise<number> {
    this.undoLater("ping nodes", () => this.#setPingNodes("add"));
    await this.#setPingNodes("del");
    return nowMs();
  }

  /** The last one first: the kernel takes an interface's later addresses away with its first one. */
  async #setPingNodes(verb: "add" | "del"): Promise<void> {
    const addresses = verb === "add" ? PING_NODES : [...PING_NODES].reverse();
    const commands = addresses.map((address) => `addr ${verb} ${address}/24 dev lan`);
    await ipBatch(namespaceOf(this.#lab, "switch"), commands);
  }

  /** Another machine on the LAN is given the shared address and says so to everybody. */
  async plugInStranger(): Promise<number> {
    const place = namespaceOf(this.#lab, "stranger");
    this.undoLater("stranger", () => this.removeStranger());
    await run(["ip", "netns", "add", place]);
    await ipBatch(namespaceOf(this.#lab, "switch"), [
      `link add name stranger type veth peer name eth0 netns ${place}`,
      "link set stranger master lan up",
    ]);
    await run([
      "ip",
      "netns",
      "exec",
      place,
      "sh",
      "-c",
      "echo 1 >/proc/sys/net/ipv4/conf/all/arp_notify",
    ]);
    await ipBatch(place, [`addr add ${SHARED_ADDRESS}/24 dev eth0`, "link set eth0 up"]);
    return nowMs();
  }

  async removeStranger(): Promise<void> {
    if (existsSync(namespacePath(this.#lab, "stranger")))
      await run(["ip", "netns", "del", namespaceOf(this.#lab, "stranger")]);
  }

  /** Installs the package that the pair was made with once more, as an upgrade does. */
  async installPackage(node: NodeName): Promise<number> {
    const at = nowMs();
    const target = path.join(diskOf(this.#lab, node).root, "root/package.deb");
    copyFileSync(process.env["TANDEM_DEB"] ?? "", target);
    await this.must(node, ["dpkg", "-i", "/root/package.deb"]);
    return at;
  }

  /** The node's daemon is started again with the heartbeat key of some other pair. */
  async giveOtherSecrets(node: NodeName): Promise<number> {
    const file = path.join(diskOf(this.#lab, node).root, "etc/ngcp-ha/settings.json");
    const before = readFileSync(file, "utf8");
    const put = async (text: string): Promise<void> => {
      writeFileSync(file, text);
      await this.must(node, ["systemctl", "restart", "ngcp-ha.service"]);
    };
    this.undoLater(`secrets ${node}`, () => put(before));
    const settings = JSON.parse(before) as { secrets: { heartbeatKeys: readonly string[] } };
    settings.secrets.heartbeatKeys = [randomBytes(32).toString("hex")];
    await put(JSON.stringify(settings));
    return nowMs();
  }

  async must(node: NodeName, command: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.exec(node, command);
    if (status === 0) return stdout;
    throw new NodeError(`${node}: ${command.join(" ")} ended with ${status}: ${stdout}${stderr}`);
  }

  exec(node: NodeName, command: readonly string[]): Promise<Outcome> {
    return enter(this.#lab, node, command);
  }

  /** Something that a drill changed and that the pair has to be rid of when the drill ends, whichever way. */
  undoLater(name: string, undo: () => Promise<void>): void {
    this.#undo.set(name, undo);
  }

  /** Undoes whatever is still broken, and powers on what is off. */
  async repair(): Promise<void> {
    for (const undo of [...this.#undo.values()].reverse()) await undo();
    this.#undo.clear();
    await this.powerOn(...NODES.filter((node) => leaderOf(this.#lab, node) === undefined));
    await this.plug(...NODES.flatMap((node) => LINKS.map((link) => ({ node, link }))));
  }
}

const LINKS: readonly Link[] = ["lan", "crosslink"];

const keyOf = (cables: readonly Port[]): string =>
  cables.map(({ node, link }) => `${node}:${link}`).join(" ");

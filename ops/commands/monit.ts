import { Argument, Command } from "commander";
import { startOrder } from "../../components/graph.ts";
import { COMPONENTS } from "../../components/index.ts";
import type { ApplianceError } from "../../appliance/errors.ts";
import type { ComponentAnswer, ComponentStatus } from "../../ha/control/contract.ts";
import { isSilence } from "../silence.ts";
import { exitStatusHelp, type ExitName, USUAL_EXITS } from "../exit-status.ts";
import { monitStatus, monitSummary } from "../output/monit.ts";
import type { Desk, Tool } from "../tool.ts";
import { VERSION } from "../../appliance/version.ts";
import type { ComponentAction } from "./control-port.ts";
import { actOnUnit, summaryWithoutDaemon } from "./without-daemon.ts";

const ACTIONS = ["start", "stop", "restart", "summary", "status"] as const;

const EXITS = {
  ...USUAL_EXITS,
  done: "done",
  refused: "refused, for example to start lb on the standby node; nothing was changed",
};

const define = (): Command =>
  new Command("monit")
    .description("starts, stops and shows the services of this node")
    .addArgument(new Argument("<action>", "what to do").choices(ACTIONS))
    .argument(
      "[name]",
      "lb, proxy, rtpengine, sbc, mysql, redis, or all; summary and status show all without it",
    )
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(EXITS));

/** Named as the tool that operators of this system know; systemd and ngcp-ha do the supervising. */
export const monit: Tool = {
  define,
  exits: EXITS,
  run: async (parsed, desk) => {
    const [action, name] = parsed.args;
    if (action === "summary" || action === "status") return show(desk, action, name ?? "all");
    if (action !== "start" && action !== "stop" && action !== "restart") return "usage";
    if (name === undefined) {
      desk.complain(`error: say what to ${action}: a name of monit summary, or all`);
      return "usage";
    }
    return act(desk, action, name);
  },
};

interface Known {
  readonly components: readonly ComponentStatus[];
  /** What the daemon's silence was told as; absent when it answered. */
  readonly silence: ApplianceError | undefined;
  readonly head: string;
}

const ask = async (desk: Desk): Promise<Known> => {
  try {
    const status = await desk.control.status();
    const head = { node: status.node, role: status.role, version: status.version };
    return { components: status.components, silence: undefined, head: describeHead(head) };
  } catch (error) {
    if (!isSilence(error)) throw error;
    desk.complain(`${error.code}: ${error.message}`);
    return {
      components: await summaryWithoutDaemon(desk),
      silence: error,
      head: `The ngcp-ha daemon ${VERSION} does not answer on ${desk.node}; systemd says:`,
    };
  }
};

const describeHead = (of: { node: string; role: string; version: string }): string =>
  `The ngcp-ha daemon ${of.version} on ${of.node}, which is ${of.role}`;

const show = async (desk: Desk, action: "summary" | "status", name: string): Promise<ExitName> => {
  const { components, silence, head } = await ask(desk);
  const chosen = components.filter((component) => name === "all" || component.name === name);
  if (chosen.length === 0) return unknownName(desk, name, components);
  const print = action === "summary" ? monitSummary : monitStatus;
  [head, "", ...print(chosen, name === "all" ? desk.node : undefined)].forEach(desk.say);
  return silence === undefined ? "done" : "unreachable";
};

const unknownName = (
  desk: Desk,
  name: string,
  components: readonly ComponentStatus[],
): ExitName => {
  const names = components.map((component) => component.name).join(", ");
  desk.complain(`There is no service named "${name}"; there are ${names}, and all`);
  return "usage";
};

const inStartOrder = (components: readonly ComponentStatus[]): ComponentStatus[] => {
  const order = startOrder(COMPONENTS).flat();
  return [...components].sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
};

const act = async (desk: Desk, action: ComponentAction, name: string): Promise<ExitName> => {
  const { components, silence } = await ask(desk);
  const chosen = components.filter((component) =>
    name === "all" ? component.state !== "standby" : component.name === name,
  );
  if (chosen.length === 0) return unknownName(desk, name, components);
  const ordered = inStartOrder(chosen);
  if (action === "stop") ordered.reverse();
  let worst: ExitName = "done";
  for (const component of ordered) {
    const answer =
      silence === undefined
        ? await desk.control.component(component.name, action)
        : await actOnUnit(desk, component, action);
    tell(desk, action, answer);
    if (answer.outcome !== "done") worst = answer.outcome;
  }
  return worst;
};

const PAST: Readonly<Record<ComponentAction, string>> = {
  start: "started",
  stop: "stopped",
  restart: "restarted",
};

const tell = (desk: Desk, action: ComponentAction, answer: ComponentAnswer): void => {
  const { outcome, code, sentence, affected } = answer;
  if (outcome === "done") desk.say(sentence);
  else desk.complain(code === null ? sentence : `${code}: ${sentence}`);
  const unsaid = affected.filter((name) => !sentence.includes(name));
  if (unsaid.length > 0) desk.say(`Also ${PAST[action]}: ${unsaid.join(", ")}`);
};

import type { UnitControlPort } from "./commands/unit-control-port.ts";

const ACT_WITHIN_MS = 60_000;
const SHOW_WITHIN_MS = 5_000;

/** systemctl. The door to other programs is opened when it is needed: it takes as long to load as the rest of a tool. */
const systemctl = async (args: readonly string[], timeoutMs: number): Promise<string> => {
  const { run } = await import("../appliance/system/command.ts");
  return (await run("systemctl", args, { timeoutMs, apart: true })).stdout;
};

const act = async (action: string, unit: string): Promise<void> => {
  await systemctl([action, unit], ACT_WITHIN_MS);
};

export const unitsOfSystemd: UnitControlPort = {
  start: (unit) => act("start", unit),
  stop: (unit) => act("stop", unit),
  restart: async (unit) => {
    // A start limit of before does not count when somebody asks for it.
    await systemctl(["reset-failed", unit], SHOW_WITHIN_MS).catch(() => "");
    await act("restart", unit);
  },
  states: async (units) => {
    const text = await systemctl(["show", "--property=Id,ActiveState", ...units], SHOW_WITHIN_MS);
    return new Map(text.split("\n\n").map(parseShown));
  },
};

/** `Id=ngcp-lb.service` and `ActiveState=active`, one a line and in any order. */
const parseShown = (block: string): readonly [string, string] => {
  const fields = new Map(
    block.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  return [fields.get("Id") ?? "", fields.get("ActiveState") ?? "unknown"];
};

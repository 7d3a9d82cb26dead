import { setTimeout as pause } from "node:timers/promises";
import { interruption } from "./interruption.ts";
import { Instruments } from "./measure/instruments.ts";
import { labOf, otherNode } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { cutPower, NodeError, powerOn } from "./node.ts";
import { activeNode, disorderOf } from "./order.ts";
import { bringUp, takeDown } from "./pair.ts";
import { nowMs } from "./phone/clock.ts";
import { renderTable } from "./table.ts";
import { Telephony } from "./telephony.ts";
import type { CallReport } from "./telephony.ts";
import { within } from "./waiting.ts";

const SETTLE_MAX_MS = 90_000;
const TAKEOVER_MAX_MS = 10_000;
const TALK_MS = 3000;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

interface Stage {
  readonly lab: Lab;
  readonly layers: string;
  readonly instruments: Instruments;
  readonly telephony: Telephony;
}

/** Waits for a pair in order, and answers with its active node. */
const settled = async ({ lab, instruments }: Stage): Promise<NodeName> => {
  let missing = "";
  const inTime = await within(SETTLE_MAX_MS, async () => {
    missing = await disorderOf(lab, instruments.answers.answeredBy);
    return missing === "";
  });
  const active = activeNode(lab);
  if (!inTime || active === undefined) throw new NodeError(`the pair did not settle: ${missing}`);
  return active;
};

const setUpCall = async ({ lab, telephony }: Stage, active: NodeName): Promise<void> => {
  await Telephony.provision(lab, active);
  await telephony.register();
  say("alice and bob are registered with digest authentication over 192.0.2.10");
  await telephony.call();
  await telephony.startLoad();
  await pause(TALK_MS);
  const [caller, callee] = [await telephony.audio("caller"), await telephony.audio("callee")];
  say(
    `alice called bob: ${caller.received} packets of audio came to her, ${callee.received} to him`,
  );
};

const cut = async ({ lab, instruments, telephony }: Stage, active: NodeName): Promise<number> => {
  instruments.witness.calibrate();
  await telephony.mark();
  const at = await cutPower(lab, active, (dark) => {
    instruments.witness.noteCable(active, false, dark);
    return instruments.unplugged(active);
  });
  say(`the power of ${active} is cut`);
  const survivor = otherNode(active);
  const taken = await within(
    TAKEOVER_MAX_MS,
    () => activeNode(lab) === survivor && instruments.answers.answeredBy === survivor,
  );
  if (!taken) throw new NodeError(`${survivor} did not take over within ${TAKEOVER_MAX_MS} ms`);
  say(`${survivor} is active`);
  await pause(TALK_MS);
  return at;
};

const finishCall = async ({ lab, telephony }: Stage, survivor: NodeName): Promise<CallReport> => {
  const call = await telephony.finish(lab, () => survivor);
  say(
    call.losses.length === 0
      ? "the same call went on: audio both ways, alice's re-INVITE and bob's BYE answered 200, both accounted"
      : `the call was not kept: ${call.losses.join(", ")}`,
  );
  return call;
};

const play = async (stage: Stage): Promise<boolean> => {
  const { lab, layers, instruments, telephony } = stage;
  const active = await settled(stage);
  const survivor = otherNode(active);
  say(`${active} is active, ${survivor} stands by in sync`);
  await setUpCall(stage, active);
  const at = await cut(stage, active);
  const sipMs = await telephony.sipOutageMs(at);
  const addressMs = instruments.answers.longest(at, nowMs());
  const call = await finishCall(stage, survivor);

  await powerOn(lab, active, layers, (node) => instruments.plugged(node));
  await settled(stage);
  say(`${active} is back as standby, in sync\n`);
  const bothHeldMs = instruments.witness.bothHeldMs(at, nowMs());
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  say(
    renderTable(
      ["power cut of the active node", "measured"],
      [
        ["address outage", ms(addressMs)],
        ["first SIP answer", ms(sipMs)],
        ["RTP gap to the caller", ms(call.gapAtCallerMs)],
        ["RTP gap to the callee", ms(call.gapAtCalleeMs)],
        ["both nodes held the address", ms(bothHeldMs)],
        ["calls kept", `${call.kept} of ${call.up}`],
      ],
    ),
  );
  return call.kept === call.up && bothHeldMs === 0;
};

const main = async (): Promise<boolean> => {
  const lab = labOf(process.env);
  const layers = process.env["TANDEM_LAYERS"] ?? "";
  const interrupted = interruption();
  await takeDown(lab);
  const instruments = new Instruments(lab);
  let telephony: Telephony | undefined;
  try {
    await Promise.race([bringUp(lab, layers, say), interrupted]);
    await instruments.start();
    telephony = new Telephony(lab);
    return await Promise.race([play({ lab, layers, instruments, telephony }), interrupted]);
  } finally {
    await telephony?.close();
    await instruments.stop();
    await takeDown(lab);
  }
};

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

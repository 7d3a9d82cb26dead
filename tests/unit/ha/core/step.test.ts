import test from "ava";
import { millis } from "../../../../ha/core/time.ts";
import { beat, born, feed, hear, run, saidIn, settleAll, stepsOf } from "./pair.ts";

const standby = () => {
  const node = born("sp2");
  feed(node, 0, { kind: "pingNodesProbed", reached: 2, total: 2 });
  feed(node, 0, { kind: "replicationReported", inSync: true, detail: "in sync" });
  run(node, 0, 1_000, {});
  return node;
};

const active = () => {
  const node = born("sp1", {
    record: { term: 3, role: "active", lastHeldTerm: 3, held: false },
    holdsAddresses: true,
    servicesRunning: true,
  });
  feed(node, 0, { kind: "pingNodesProbed", reached: 2, total: 2 });
  feed(node, 0, { kind: "replicationReported", inSync: true, detail: "in sync" });
  run(node, 0, 1_000, { role: "standby", lastHeldTerm: 0 });
  return node;
};

test("a node that hears an active peer becomes standby", (t) => {
  const node = standby();
  t.is(node.state.role, "standby");
  t.is(node.state.services, "closed");
});

test("a standby takes over when the dead time has passed, and not one tick sooner", (t) => {
  const node = standby();
  run(node, 1_020, 1_240);
  t.is(node.state.role, "standby");
  const effects = run(node, 1_260, 1_260);
  t.is(node.state.role, "active");
  t.deepEqual(stepsOf(effects), ["addSharedAddresses", "openServices"]);
  t.is(saidIn(effects)[0]?.role, "promoting");
  t.is(node.state.claimTerm, 4);
});

test("a claim is on disk before it is said", (t) => {
  const node = standby();
  hear(node, 1_010, { term: 8, sequence: 1_010 });
  for (let at = 1_020; at <= 1_400; at += 20) feed(node, at, { kind: "tick" });
  t.is(node.state.role, "promoting");
  t.true(saidIn(node.asked).every(({ role }) => role !== "promoting"));
  t.true(stepsOf(node.asked).includes("recordClaim"));
});

test("a standby has the next term on disk before it needs it", (t) => {
  t.is(standby().state.record.term, 4);
});

test("a service that answers is not taken over from", (t) => {
  const node = standby();
  run(node, 1_020, 1_120);
  feed(node, 1_125, { kind: "neighbourProbed", answered: true });
  feed(node, 1_126, { kind: "serviceProbed", answered: true });
  run(node, 1_140, 1_500);
  t.is(node.state.role, "standby");
  for (const at of [1_510, 1_520, 1_530, 1_540, 1_550])
    settleAll(node, at, feed(node, at, { kind: "serviceProbed", answered: false }));
  t.is(node.state.role, "active");
});

test("a restarted daemon that finds the address keeps it when the peer is standby", (t) => {
  const node = active();
  t.is(node.state.role, "active");
  t.is(node.state.claimTerm, 3);
});

test("a restarted daemon that finds the address and an active peer gives it up", (t) => {
  const node = born("sp1", {
    record: { term: 3, role: "active", lastHeldTerm: 3, held: false },
    holdsAddresses: true,
    servicesRunning: true,
  });
  settleAll(node, 30, hear(node, 30, { role: "active", term: 4 }));
  t.is(node.state.role, "standby");
  t.is(node.state.address, "released");
});

test("an active node that hears a newer claim stands down", (t) => {
  const node = active();
  const effects = hear(node, 1_010, { role: "active", term: 9, sequence: 2_000 });
  t.is(effects.filter(({ kind }) => kind === "runStep").length, 1);
  t.deepEqual(stepsOf(effects), ["removeSharedAddresses"]);
  settleAll(node, 1_011, effects);
  t.is(node.state.role, "standby");
});

test("a planned switchover waits for the peer, releases, and grants the next term", (t) => {
  const node = active();
  feed(node, 1_010, {
    kind: "commandReceived",
    id: 1,
    command: { kind: "makeStandby", force: false, hold: false },
  });
  t.is(node.state.role, "demoting");
  run(node, 1_020, 1_100, { role: "standby" });
  t.is(node.state.address, "held");
  const ready = hear(node, 1_110, { role: "standby", handover: "ready", sequence: 3_000 });
  settleAll(node, 1_111, ready);
  t.is(node.state.address, "released");
  t.is(saidIn(node.asked).at(-1)?.handover, "released");
  t.is(saidIn(node.asked).at(-1)?.term, 4);
  const effects = hear(node, 1_120, { role: "promoting", term: 4, sequence: 3_001 });
  settleAll(node, 1_121, effects);
  t.is(node.state.role, "standby");
  settleAll(node, 1_130, hear(node, 1_130, { role: "active", term: 4, sequence: 3_002 }));
  const answer = node.asked.find(({ kind }) => kind === "answerCommand");
  t.like(answer, { outcome: "done" });
});

test("a granted role is taken in the turn of the datagram", (t) => {
  const node = standby();
  run(node, 1_020, 1_200, { role: "demoting", handover: "prepare", sequence: 1_100 });
  t.is(node.state.services, "prepared");
  t.is(saidIn(node.asked).at(-1)?.handover, "ready");
  const effects = hear(node, 1_205, {
    role: "demoting",
    handover: "released",
    term: 4,
    sequence: 9_999,
  });
  t.deepEqual(stepsOf(effects), ["addSharedAddresses"]);
  t.is(node.state.claimTerm, 4);
});

test("a node that loses its carrier alone gives the address to the peer", (t) => {
  const node = active();
  feed(node, 1_010, { kind: "carrierChanged", link: "lan", up: false });
  run(node, 1_020, 1_030, { role: "standby" });
  t.is(node.state.role, "active");
  run(node, 1_060, 1_060, { role: "standby" });
  t.is(node.state.role, "demoting");
  t.is(node.state.address, "released");
});

test("a switch that takes both carriers moves nothing", (t) => {
  const node = active();
  feed(node, 1_010, { kind: "carrierChanged", link: "lan", up: false });
  run(node, 1_020, 2_000, { role: "standby", lanCarrier: false });
  t.is(node.state.role, "active");
});

test("a long pause makes an active node listen before it speaks", (t) => {
  const node = active();
  const effects = feed(node, 5_000, { kind: "tick" });
  t.is(saidIn(effects).length, 0);
  t.deepEqual(stepsOf(hear(node, 5_001, { role: "active", term: 4, sequence: 9_000 })), [
    "removeSharedAddresses",
  ]);
});

test("an address that somebody removed from the active node comes back, and one that appears on the standby goes", (t) => {
  const one = active();
  t.deepEqual(stepsOf(feed(one, 1_010, { kind: "addressesSeen", held: false })), [
    "addSharedAddresses",
  ]);
  const other = standby();
  t.deepEqual(stepsOf(feed(other, 1_010, { kind: "addressesSeen", held: true })), [
    "removeSharedAddresses",
  ]);
});

test("an active node whose peer is deaf to it gives the address up before the peer's dead time", (t) => {
  const node = active();
  const heartbeat = beat(node, { role: "standby", lastHeldTerm: 0, sequence: 5_000 });
  feed(node, 1_010, { kind: "heartbeatReceived", link: "lan", heartbeat, unheardMs: millis(80) });
  t.is(node.state.role, "active");
  const later = { ...heartbeat, sequence: 5_001 };
  const effects = feed(node, 1_060, {
    kind: "heartbeatReceived",
    link: "lan",
    heartbeat: later,
    unheardMs: millis(130),
  });
  t.deepEqual(stepsOf(effects), ["removeSharedAddresses"]);
  settleAll(node, 1_061, effects);
  t.is(node.state.role, "standby");
  run(node, 1_080, 1_200);
  t.is(node.state.role, "standby");
});

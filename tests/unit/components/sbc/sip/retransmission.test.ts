import test from "ava";
import {
  retransmissionDeadline,
  startRetransmission,
  stepRetransmission,
} from "../../../../../components/sbc/sip/retransmission.ts";
import { SETTINGS } from "./machine-run.ts";

const sendings = (what: "success" | "reliableProvisional"): readonly number[] => {
  const instants: number[] = [];
  let state = startRetransmission(what, 0, SETTINGS);
  for (;;) {
    const at = retransmissionDeadline(state);
    const step = stepRetransmission(state, at);
    if (step.kind === "giveUp") return [...instants, at];
    instants.push(at);
    state = step.next;
  }
};

test("a 2xx is repeated with intervals up to T2 and given up after 64*T1 (RFC 3261 13.3.1.4)", (t) => {
  t.deepEqual(
    sendings("success"),
    [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000],
  );
});

test("a reliable provisional response is repeated with intervals that double on (RFC 3262 section 3)", (t) => {
  t.deepEqual(sendings("reliableProvisional"), [500, 1_500, 3_500, 7_500, 15_500, 31_500, 32_000]);
});

test("before it is due nothing happens", (t) => {
  const state = startRetransmission("success", 0, SETTINGS);
  t.deepEqual(stepRetransmission(state, 499), { kind: "wait", next: state });
});

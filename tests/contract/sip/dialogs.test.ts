import test from "ava";
import { DOMAIN, SHARED } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { ask, attempt, open, openActiveNode, openAt, say, statusOf } from "./wires.ts";

/* What comes within a dialog goes on where that was set up through here, and nowhere otherwise. */

const node = new EngineNode("dialogs");
const lan = new Lan(node);

test.before(async () => {
  await openActiveNode(node);
  await node.provision(Lan.subscribers());
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial(
  "within a dialog that nobody set up nothing goes on, whatever its method",
  async (t) => {
    const from = "192.0.2.122";
    const uri = "sip:x@192.0.2.102";
    await open(lan, "forger of dialogs", from);
    const inside = `Route: <sip:${SHARED.v4};lr>, <sip:127.0.0.1:5062;lr>, <sip:127.0.0.1:5060;r2=on;lr>, <sip:${SHARED.v4};r2=on;lr>`;
    const request = { uri, from, headers: [inside], toTag: "forged" };
    for (const method of ["NOTIFY", "SUBSCRIBE", "UPDATE", "PRACK", "PUBLISH"]) {
      const answer = await ask(lan, "forger of dialogs", requestText({ ...request, method }));
      t.is(statusOf(answer), 481, method);
    }
    await openAt(lan, "target", "192.0.2.102");
    await say(lan, "forger of dialogs", [requestText({ ...request, method: "ACK" })]);
    const nothing = { kind: "heard", wire: "target", wanted: "^[A-Z]+ ", withinMs: 500 } as const;
    await t.throwsAsync(lan.phones.ask(nothing));
    // A subscription that came through here, and the call that only the peer has seen.
    await node.redis("set proxy:call:known 1 ex 60");
    for (const method of ["NOTIFY", "UPDATE", "ACK"]) {
      await say(lan, "forger of dialogs", [requestText({ ...request, method, callId: "known" })]);
      const heard = {
        kind: "heard",
        wire: "target",
        wanted: `^${method} `,
        withinMs: 2000,
      } as const;
      t.regex(await lan.phones.ask(heard), /^Call-ID: known\r$/m, method);
    }
  },
);

test.serial(
  "a subscription that comes through here is known for as long as it was asked for",
  async (t) => {
    const from = "192.0.2.124";
    await open(lan, "watcher", from);
    await open(lan, "b", "192.0.2.113");
    await attempt(lan, "b", { from: "192.0.2.113", user: "b", password: "secret-b" });
    // The wire that is registered for b gives no answer.
    const asked = attempt(lan, "watcher", {
      ...{ from, password: "secret-a", user: "a", message: `sip:b@${DOMAIN}`, method: "SUBSCRIBE" },
      callId: "watched",
      headers: [`Contact: <sip:a@${from}:5999>`, "Event: presence", "Expires: 600"],
    });
    await t.throwsAsync(asked);
    const seconds = Number(await node.redis("ttl proxy:call:watched"));
    t.true(seconds > 600 && seconds < 700, String(seconds));
  },
);

import test from "ava";
import { NFT, run } from "../../../ops/lab/run.ts";
import { MediatorProcess } from "../database/mediator-process.ts";
import { APPLIANCE } from "./appliance.ts";
import { betweenBothPhones } from "./both-phones.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";

const SILENCE_SECONDS = 5;

const APART: typeof APPLIANCE = {
  ...APPLIANCE,
  rtp: { ...APPLIANCE.rtp, timeoutSeconds: SILENCE_SECONDS },
};
const node = new EngineNode("nomedia", APART);
const lan = new Lan(node);

/** Between the phones and the media relay nothing gets through, while SIP does. */
const cutMedia = async (isCut: boolean): Promise<void> => {
  const { minPort, maxPort } = APART.rtp;
  const chain = (hook: string, side: string): string =>
    `chain ${hook} { type filter hook ${hook} priority 0; udp ${side} ${minPort}-${maxPort} drop; }`;
  const rules = isCut
    ? `table inet media {\n${chain("output", "dport")}\n${chain("input", "sport")}\n}\n`
    : "delete table inet media\n";
  await run(node.inPhones(NFT, "-f", "-"), { input: rules });
};

const RECORD =
  "select concat_ws(' ', call_status, ended_by, duration >= 3) from accounting.cdr where call_id = ";

betweenBothPhones(node, lan);

test.serial(
  "a call that gets no media is ended at both phones, and its record says why",
  async (t) => {
    const password = APART.secrets?.databasePassword ?? "";
    const mediator = new MediatorProcess({ root: node.root, password }, APART.mediator);
    try {
      const callId = await lan.call();
      await lan.listen(callId, 25);
      await cutMedia(true);
      const ended = await Promise.all(
        ["a", "b"].map((phone) => lan.phones.ask({ kind: "ended", phone, callId })),
      );
      t.deepEqual(ended, [{ by: "byTheOther" }, { by: "byTheOther" }]);
      await cutMedia(false);
      const rows = `select group_concat(method, ' ', sip_reason order by id) from acc where callid = '${callId}'`;
      t.is(await node.sql(rows), "INVITE OK,BYE No Media");
      t.is(await node.sql(`select count(*) from dialog where callid = '${callId}'`), "0");
      await until(async () => (await node.sql(`${RECORD}'${callId}'`)) !== "", 10_000);
      t.is(await node.sql(`${RECORD}'${callId}'`), "ok no_media 1");
      t.regex(await node.run("kamcmd -s /run/ngcp-proxy/ctl dlg.stats_active"), /ongoing: 0/);
    } finally {
      await mediator.kill();
    }
  },
);

test.serial("so is one that was set up before the proxy was started", async (t) => {
  const callId = await lan.call();
  await lan.listen(callId, 25);
  await node.run("systemctl kill -s KILL ngcp-proxy");
  await cutMedia(true);
  await Promise.all(["a", "b"].map((phone) => lan.phones.ask({ kind: "ended", phone, callId })));
  await cutMedia(false);
  t.is(
    await node.sql(`select sip_reason from acc where callid = '${callId}' and method = 'BYE'`),
    "No Media",
  );
});

import Srf from "drachtio-srf";

/*
 * An application as anybody would write it on drachtio-srf, in a process of its own that a test may stop or kill. What it
 * does with a call is told by the user part of the Request-URI: `answer`, `ring`, `forget`, or `bridge-PORT` to a phone;
 * MESSAGE to `call-PORT` makes it call that phone.
 */

const [port = "", secret = ""] = process.argv.slice(2);

const SDP =
  "v=0\r\no=application 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

const tell = (word: string): void => void process.stdout.write(`${word}\n`);

const srf = new Srf("test");

const hold = (dialog: Srf.Dialog, name: string): void => {
  dialog.on("destroy", () => tell(`${name} ended`));
  dialog.on("info", (_request, response) => response.send(200, { headers: { Subject: "heard" } }));
};

const answer = async (request: Srf.SrfRequest, response: Srf.SrfResponse): Promise<void> => {
  const dialog = await srf.createUAS(request, response, { localSdp: SDP });
  hold(dialog, "answer");
  dialog.on("modify", (_again, modified) => modified.send(200, { body: SDP }));
};

const bridge = async (
  request: Srf.SrfRequest,
  response: Srf.SrfResponse,
  to: string,
): Promise<void> => {
  const { uas, uac } = await srf.createB2BUA(request, response, `sip:callee@127.0.0.1:${to}`, {});
  hold(uas, "uas");
  hold(uac, "uac");
  uas.on("destroy", () => uac.destroy());
  uac.on("destroy", () => uas.destroy());
};

const call = async (to: string): Promise<void> => {
  const uri = `sip:callee@127.0.0.1:${to}`;
  const auth = { username: "us", password: "word" };
  const dialog = await srf.createUAC(uri, { localSdp: SDP, auth });
  tell("uac up");
  hold(dialog, "uac");
  const info: unknown = { method: "INFO", headers: { Subject: "a question" } };
  const response = await dialog.request(info as Srf.SrfRequest);
  tell(`info ${response.status}`);
  dialog.destroy();
};

const told = (failure: unknown): void =>
  tell(`failed: ${failure instanceof Error ? failure.message : "?"}`);

srf.invite((request, response) => {
  const [, word = "", number = ""] = /^sips?:([a-z]+)(?:-(\d+))?@/.exec(request.uri) ?? [];
  tell(`invite ${word}`);
  request.on("cancel", () => tell("cancelled"));
  if (word === "answer") answer(request, response).catch(told);
  else if (word === "bridge") bridge(request, response, number).catch(told);
  else if (word === "ring") response.send(180);
  else if (word === "refuse") response.send(486, { headers: { Subject: "not now" } });
});

srf.use("message", (request, response) => {
  const [, number = ""] = /-(\d+)@/.exec(request.uri) ?? [];
  response.send(202);
  call(number).catch(told);
});

srf.on("connect", (failure) => tell((failure as Error | null) === null ? "connected" : "refused"));
srf.on("error", (failure) => tell(`error: ${failure.message}`));
void srf.connect({ host: "127.0.0.1", port: Number(port), secret });

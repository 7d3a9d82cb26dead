/** Calls as SIPp plays them, written step by step: what the XML files beside it are for the plain calls. */

const SDP = `
      v=0
      o=phone 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 8
      a=rtpmap:8 PCMA/8000
`;

const message = (lines: readonly string[], body = ""): string => {
  const type = body === "" ? [] : ["Content-Type: application/sdp"];
  const head = [...lines, ...type, "Content-Length: [len]"].join("\n      ");
  return `<![CDATA[\n      ${head}\n${body}\n    ]]>`;
};

const OUR_CONTACT = "Contact: <sip:phone@[local_ip]:[local_port]>";
const VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]";

/** Waits so long that the takeover comes in between (`-d`); what it does not wait for is repeated anyway. */
export const PAUSE = "<pause />";
export const pause = (milliseconds: number): string => `<pause milliseconds="${milliseconds}" />`;

export const receive = (request: string): string => `<recv request="${request}" crlf="true" />`;

const ofTransaction = (name: string | undefined): string =>
  name === undefined ? "" : `response_txn="${name}"`;

export const hear = (status: number, transaction?: string): string =>
  `<recv response="${status}" ${status === 200 ? 'rrs="true"' : ""} ${ofTransaction(transaction)} />`;

/** Sent again because this end, or the other one, had no processor for half a second: SIPp takes it for a fault. */
export const mayRepeat = (request: string): string =>
  `<recv request="${request}" optional="true" />`;

/** 100 comes or does not, 180 may come again: neither decides. */
export const mayHear = (status: number, transaction?: string): string =>
  `<recv response="${status}" optional="true" ${ofTransaction(transaction)} />`;

interface Sent {
  readonly method: string;
  readonly sequence: number;
  /** Without one SIPp takes responses in their order. */
  readonly transaction?: string;
  /** Within the dialog. */
  readonly within?: boolean;
  readonly body?: string;
  readonly headers?: readonly string[];
}

const request = (sent: Sent): string => {
  const { method, sequence, transaction, within = true, body = "", headers = [] } = sent;
  const uri = within ? "[next_url]" : "sip:callee@[remote_ip]:[remote_port]";
  const text = message(
    [
      `${method} ${uri} SIP/2.0`,
      VIA,
      'From: "caller" <sip:caller@[local_ip]:[local_port]>;tag=[pid]caller[call_number]',
      `To: <sip:callee@[remote_ip]:[remote_port]>${within ? "[peer_tag_param]" : ""}`,
      "[routes]",
      "Call-ID: [call_id]",
      `CSeq: ${sequence} ${method}`,
      OUR_CONTACT,
      "Max-Forwards: 70",
      ...headers,
    ],
    body,
  );
  if (method === "ACK") return `<send ack_txn="${transaction}">${text}</send>`;
  const start = transaction === undefined ? "" : `start_txn="${transaction}"`;
  return `<send retrans="500" ${start}>${text}</send>`;
};

export const invite = (sequence: number, within: boolean): string =>
  request({ method: "INVITE", sequence, transaction: `invite${sequence}`, within, body: SDP });

/** The INVITE of a caller that has session timers (RFC 4028). */
export const inviteWithTimer = request({
  method: "INVITE",
  sequence: 1,
  transaction: "invite1",
  within: false,
  headers: ["Supported: timer", "Allow: INVITE, ACK, BYE, CANCEL, UPDATE", "Session-Expires: 1800"],
  body: SDP,
});

/** The INVITE of a caller that knows reliable provisional responses (RFC 3262). */
export const inviteReliable = request({
  method: "INVITE",
  sequence: 1,
  transaction: "invite1",
  within: false,
  headers: ["Supported: 100rel"],
  body: SDP,
});

/** A reliable 183, and its number for the PRACK. */
export const hearReliable = `<recv response="183" rrs="true" response_txn="invite1">
    <action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="rseq" /></action>
  </recv>`;
export const prack = request({
  method: "PRACK",
  sequence: 2,
  transaction: "prack",
  headers: ["RAck: [$rseq] 1 INVITE"],
});

/** An INVITE that will be cancelled: SIPp wants an ACK of its own for each INVITE that it keeps by name. */
export const inviteInVain = request({ method: "INVITE", sequence: 1, within: false, body: SDP });

export const ack = (sequence: number): string =>
  request({ method: "ACK", sequence, transaction: `invite${sequence}` });

export const bye = (sequence: number): string =>
  request({ method: "BYE", sequence, transaction: "bye" });

/** CANCEL and the ACK of its 487 belong to the INVITE: same branch, same To. */
const ofInvite = (method: "CANCEL" | "ACK", tag: string): string =>
  message([
    `${method} sip:callee@[remote_ip]:[remote_port] SIP/2.0`,
    "[last_Via:]",
    'From: "caller" <sip:caller@[local_ip]:[local_port]>;tag=[pid]caller[call_number]',
    `To: <sip:callee@[remote_ip]:[remote_port]>${tag}`,
    "Call-ID: [call_id]",
    `CSeq: 1 ${method}`,
    "Max-Forwards: 70",
  ]);

export const cancel = `<send retrans="500">${ofInvite("CANCEL", "")}</send>`;
export const ackFailure = `<send>${ofInvite("ACK", "[peer_tag_param]")}</send>`;

const respondTo = (status: string, tag: string, rest: readonly string[], body = ""): string =>
  message(
    [
      `SIP/2.0 ${status}`,
      "[last_Via:]",
      "[last_From:]",
      `[last_To:]${tag}`,
      "[last_Call-ID:]",
      "[last_CSeq:]",
      "[last_Record-Route:]",
      ...rest,
    ],
    body,
  );

const TAG = ";tag=[pid]callee[call_number]";

export const ring = `<send>${respondTo("180 Ringing", TAG, [OUR_CONTACT])}</send>`;
export const answer = `<send retrans="500">${respondTo("200 OK", TAG, [OUR_CONTACT], SDP)}</send>`;
/** An answer with headers of its own. */
export const answerWith = (...headers: readonly string[]): string =>
  `<send retrans="500">${respondTo("200 OK", TAG, [OUR_CONTACT, ...headers], SDP)}</send>`;
export const answerAgain = `<send retrans="500">${respondTo("200 OK", "", [OUR_CONTACT], SDP)}</send>`;
/** The same with headers of its own. */
export const answerAgainWith = (...headers: readonly string[]): string =>
  `<send retrans="500">${respondTo("200 OK", "", [OUR_CONTACT, ...headers], SDP)}</send>`;
export const agreeWith = (status: string, ...headers: readonly string[]): string =>
  `<send>${respondTo(status, "", headers)}</send>`;
export const agree = `<send>${respondTo("200 OK", "", [])}</send>`;

/** Keeps the INVITE, whose 487 comes after the 200 of the CANCEL. */
export const keepInvite = `<recv request="INVITE" crlf="true" rrs="true">
    <action>
      <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via" />
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from" />
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to" />
    </action>
  </recv>`;
export const terminated = `<send retrans="500">${message([
  "SIP/2.0 487 Request Terminated",
  "Via:[$via]",
  "From:[$from]",
  `To:[$to]${TAG}`,
  "[last_Call-ID:]",
  "CSeq: 1 INVITE",
])}</send>`;

/** A reliable 183 with the session, whose 2xx has none; the PRACK came in between. */
export const ringReliable = `<send>${respondTo("183 Session Progress", TAG, [OUR_CONTACT, "Require: 100rel", "RSeq: 7"], SDP)}</send>`;
export const answerKept = `<send retrans="500">${message([
  "SIP/2.0 200 OK",
  "Via:[$via]",
  "From:[$from]",
  `To:[$to]${TAG}`,
  "[last_Call-ID:]",
  "CSeq: 1 INVITE",
  OUR_CONTACT,
])}</send>`;

/** The callee hangs up: From and To are those of the INVITE, the other way round. */
export const calleeBye = `<send retrans="500">${message([
  "BYE [next_url] SIP/2.0",
  VIA,
  `From:[$to]${TAG}`,
  "To:[$from]",
  "Call-ID: [call_id]",
  "CSeq: 1 BYE",
  "Max-Forwards: 70",
])}</send>`;

/** Absorbs what is repeated, so that nothing is left to take for a new call. */
export const REST = '<timewait milliseconds="4000" />';

/** SIPp refuses a variable that is set and not used. */
const uses = (steps: readonly string[]): readonly string[] =>
  steps.includes(keepInvite) ? ['<Reference variables="via,from,to" />'] : [];

export const scenario = (name: string, steps: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${name}">\n${[...steps, ...uses(steps)].join("\n")}\n</scenario>\n`;

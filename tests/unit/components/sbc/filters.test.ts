import test from "ava";
import { filteredBody, filterOf, passes } from "../../../../components/sbc/filters.ts";
import type { Filter } from "../../../../components/sbc/filters.ts";
import { filteredDescription } from "../../../../components/sbc/media-filter.ts";
import { invite } from "./sip/messages.ts";

test("the lists of a call are those that the proxy names, in lower case; without any there is no filter", (t) => {
  t.is(filterOf(invite({})), undefined);
  const named = invite({
    "P-NGCP-Header-Allow": "X-Account, User-Agent",
    "P-NGCP-Media-Codecs": "PCMA,telephone-event",
    "P-NGCP-Media-Deny": "video,smell",
  });
  t.deepEqual(filterOf(named), {
    allow: ["x-account", "user-agent"],
    codecs: ["pcma", "telephone-event"],
    media: ["video"],
  });
});

test("headers pass that are usual or allowed, and not denied", (t) => {
  const filter = {
    allow: ["x-account", "via", "p-ngcp-next-hop"],
    deny: ["subject", "content-type"],
  };
  t.true(passes("Priority", true, filter));
  t.true(passes("X-Account", false, filter));
  t.false(passes("X-Other", false, filter));
  t.false(passes("Subject", true, filter));
});

test("no list lets a header pass that makes the way or the dialog, or takes from a body what it is", (t) => {
  const filter = { allow: ["via", "p-ngcp-next-hop"], deny: ["content-type"] };
  t.false(passes("Via", false, filter));
  t.false(passes("P-NGCP-Next-Hop", false, filter));
  t.true(passes("Content-Type", true, filter));
});

const SDP = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.1",
  "s=-",
  "c=IN IP4 192.0.2.1",
  "t=0 0",
  "a=ice-lite",
  "m=audio 4000 RTP/AVP 8 0 96 101",
  "a=rtpmap:96 opus/48000/2",
  "a=fmtp:96 useinbandfec=1",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-16",
  "a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host",
  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:key",
  "a=sendrecv",
  "m=video 4002 RTP/AVP 31 97",
  "a=rtpmap:97 H264/90000",
  "m=image 4004 udptl t38",
  "",
];

const filtered = (filter: Filter): readonly string[] =>
  filteredDescription(SDP.join("\r\n"), filter).split("\r\n");

test("only the codecs of the list are left, by rtpmap or by their numbers, with their attributes", (t) => {
  const lines = filtered({ codecs: ["pcma", "telephone-event", "h261"] });
  t.true(lines.includes("m=audio 4000 RTP/AVP 8 101"));
  t.true(lines.includes("m=video 4002 RTP/AVP 31"));
  t.deepEqual(
    lines.filter((line) => /^a=(rtpmap|fmtp)/.test(line)),
    ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"],
  );
  t.true(lines.includes("m=image 4004 udptl t38"), "no RTP, no codec");
});

test("a stream of which nothing is left keeps its place with port 0", (t) => {
  const lines = filtered({ codecs: ["opus"] });
  t.deepEqual(
    lines.filter((line) => line.startsWith("m=")),
    ["m=audio 4000 RTP/AVP 96", "m=video 0 RTP/AVP 31", "m=image 4004 udptl t38"],
  );
  t.false(lines.includes("a=rtpmap:97 H264/90000"));
});

test("video, candidates and keys are kept out each by its name, and nothing else", (t) => {
  t.true(filtered({ media: ["video"] }).includes("m=video 0 RTP/AVP 31"));
  const without = (pattern: RegExp): readonly string[] => SDP.filter((line) => !pattern.test(line));
  t.deepEqual(filtered({ media: ["ice"] }), without(/^a=(ice|candidate)/));
  t.deepEqual(filtered({ media: ["srtp"] }), without(/^a=crypto/));
  t.deepEqual(filtered({ media: [] }), SDP);
});

test("a stream of SRTP alone is refused where there is to be none", (t) => {
  const secure = "v=0\r\nm=audio 4000 UDP/TLS/RTP/SAVPF 8\r\na=fingerprint:sha-256 00\r\n";
  t.is(
    filteredDescription(secure, { media: ["srtp"] }),
    "v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 8\r\n",
  );
});

test("bodies that are no session description pass as they came", (t) => {
  const body = Buffer.from("m=video 1 RTP/AVP 31\r\n");
  const message = { ...invite({ "Content-Type": "text/plain" }), body };
  t.is(filteredBody(message, { media: ["video"] }), body);
  const described = { ...invite({ "Content-Type": "application/sdp" }), body };
  t.is(filteredBody(described, { deny: ["subject"] }), body);
  t.is(
    Buffer.from(filteredBody(described, { media: ["video"] })).toString(),
    "m=video 0 RTP/AVP 31\r\n",
  );
});

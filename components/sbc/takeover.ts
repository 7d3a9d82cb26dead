import { requestOfText, responseOfText, takenOver } from "./call.ts";
import type { Exchange } from "./call.ts";
import type { Parts } from "./ending.ts";
import type { LiveCall, OpenInvite } from "./live-calls.ts";
import { resumeInviteClient } from "./sip/invite-client.ts";
import { resumeInviteServer } from "./sip/invite-server.ts";
import { clientKey, serverKey } from "./sip/matching.ts";
import type { SipResponse } from "./sip/message.ts";
import { responseTo } from "./sip/responses.ts";

/**
 * Goes on with a call in the phase in which the process before left it: BYEs are sent again, an open INVITE gets its
 * two transactions back. A call in the phase `confirmed` waits for its next message.
 */
export const resumeCall = (live: LiveCall, successors: Parts): void => {
  live.call = takenOver(live.call);
  const { exchange, farewells } = live.call;
  if (farewells !== undefined) successors.farewells.resume(live);
  else if (exchange !== undefined) resumeExchange(live, exchange, successors);
};

const resumeExchange = (live: LiveCall, exchange: Exchange, successors: Parts): void => {
  const { desk, exchanges } = successors;
  const received = requestOfText(exchange.received);
  const sent = requestOfText(exchange.sent);
  if (received === undefined || sent === undefined) return;
  const keys = { serverKey: serverKey(received), clientKey: clientKey(sent) };
  const invite: OpenInvite = { ...keys, received, sent };
  desk.calls.openInvite(live, invite);
  exchanges.rings.begin(live);
  const answer = exchange.answer === undefined ? undefined : responseOfText(exchange.answer);
  const { transport } = desk;
  const trying = responseTo(received, { status: 100 });
  const heard = provisional(answer) ?? trying;
  transport.transactions.adopt(resumeInviteServer(received, false, heard));
  exchanges.provisionals.resume(live, invite);
  if (exchange.state === "answered" && answer !== undefined) {
    exchanges.repeat(live, invite, answer);
    return;
  }
  if (exchange.cancelled === true) exchanges.heardNoMore(live, invite);
  if (exchange.state === "calling") {
    desk.dispatch(live, sent, exchange.target);
    return;
  }
  const path = { target: exchange.target, reliable: false };
  transport.transactions.adopt(resumeInviteClient(sent, path));
  if (exchange.cancelled === true) exchanges.cancelOnward(live, invite);
};

const provisional = (answer: SipResponse | undefined): SipResponse | undefined =>
  answer !== undefined && answer.status < 200 ? answer : undefined;

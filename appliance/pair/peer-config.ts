import { converse, expectMessage } from "./conversation.ts";
import type { Crosslink } from "./dial.ts";
import { headOf, receiveParcel, sendBundle } from "./parcel.ts";
import { giveReply, stateReply, takeReply, type ConfigHolder, type TakeEnd } from "./questions.ts";
import type { Keys } from "./rotation.ts";

/**
 * The peer's configuration, asked for over the crosslink. Each call throws `PairLinkError` when the peer is not reached or
 * the exchange breaks off, and `PeerRefusedError` with the peer's own words.
 *
 * @param own the heartbeat keys, which prove who asks
 */
export const peerConfig = (crosslink: Crosslink, own: Keys): ConfigHolder => ({
  state: () =>
    converse(crosslink, own, async (channel) => {
      channel.send({ ask: "state" });
      return (await expectMessage(channel, stateReply)).state;
    }),
  give: ({ commit, constants }) =>
    converse(crosslink, own, async (channel) => {
      channel.send({ ask: "give", commit, constants });
      const { parcel } = await expectMessage(channel, giveReply);
      return receiveParcel(channel, parcel);
    }),
  take: (parcel, { replace, dryRun, restart }, tell) =>
    converse(crosslink, own, async (channel): Promise<TakeEnd> => {
      channel.send({
        ask: "take",
        parcel: headOf(parcel),
        options: { replace, dryRun, restart },
      });
      sendBundle(channel, parcel);
      for (;;) {
        const said = await expectMessage(channel, takeReply);
        if ("end" in said) return said.end;
        if ("line" in said) tell(said);
      }
    }),
});

import { pairDefinition } from "../commands/pair.ts";
import type { Page } from "./page.ts";

export const pairPage: Page = {
  ...pairDefinition,
  description: [
    "Two nodes are a pair when they hold the same secrets: the keys of the heartbeat, the passwords of MariaDB and Redis, and the secret of the digest nonces. A node without them is configured, and never active. Only root may call this, and no secret is ever printed.",
    "create makes the secrets on the first node, puts them into force there, and offers them to the peer for ten minutes. It prints a code of twelve letters and digits, which is good for one join. When the node has secrets already, it offers those.",
    "join CODE, on the other node, fetches them over the crosslink and puts them into force: it writes the configuration and starts MariaDB, Redis and ngcp-ha anew. With --replace a node that has other secrets takes these; all else that it has in force stays, and what was edited in /etc/ngcp-config and not applied stays there. The code encrypts the exchange and proves each side to the other; after five wrong codes the offer ends.",
    "rotate gives both nodes a new heartbeat key, from either node, while the pair works: first both accept the new key, then both sign with it, then both drop the old one. It may be cut off anywhere and called again. The passwords and the nonce secret stay.",
    "answer is what systemd calls on the peer when rotate asks, or ngcpcfg push, pull and status.",
  ],
  files: [
    ["/etc/ngcp-config/constants.yml", "the secrets; for root alone, and in no history"],
    ["/etc/systemd/system/ngcp-pair.socket", "where a paired node hears its peer"],
  ],
  examples: [
    ["ngcp-pair create", "on the first node; prints the code and waits"],
    ["ngcp-pair join K7QM-2XPA-9DTR", "on the second node"],
    [
      "ngcp-pair create --code-file /root/code",
      "for a script: the code goes to a file for root alone",
    ],
    ["ngcp-pair rotate", "a new heartbeat key for both, from either node"],
  ],
  seeAlso: ["ngcpcfg(8)", "ngcp-ha(8)", "ngcp-status(8)"],
};

import { monit } from "../commands/monit.ts";
import type { Page } from "./page.ts";

export const monitPage: Page = {
  define: monit.define,
  exits: monit.exits,
  description: [
    "Starts, stops and shows the services of this node under the names that operators know: lb, proxy, rtpengine, mysql and redis. ngcp-ha watches them and systemd runs them; no daemon of the name monit is involved.",
    "lb, proxy and rtpengine belong to the active node: to start them on the standby is refused. all means all that belongs to this node now.",
    "A service that is stopped is not watched any more: it is not started again, and the role is not handed over for it. Its dependants are stopped before it, and the answer names them. start ends that.",
    "summary prints a line for each service, status a block. The words for the status are Running, Initializing, Execution failed, Does not exist for a service that ended, and Not monitored for one that an operator stopped or that belongs to the active node.",
    "While ngcp-ha does not answer, systemd is asked directly, and the tool says so.",
  ],
  files: [["/run/ngcp-ha/control.sock", "where ngcp-ha is asked; root and the group ngcp may"]],
  examples: [
    ['monit summary | grep "lb"', "whether the load-balancer runs"],
    ["monit restart proxy", "starts the proxy anew and waits until it answers"],
    ["monit stop rtpengine", "stops the media relay and does not watch it until monit start"],
  ],
  seeAlso: ["ngcp-status(8)", "ngcp-ha(8)", "systemctl(1)"],
};

import type { Component } from "./component.ts";
import { lb } from "./lb.ts";
import { mysql } from "./mysql.ts";
import { proxy } from "./proxy.ts";
import { redis } from "./redis.ts";
import { rtpengine } from "./rtpengine.ts";
import { sbc } from "./sbc.ts";

/** Everything that runs. The order of this list means nothing: components/graph.ts computes it. */
export const COMPONENTS: readonly Component[] = [lb, proxy, rtpengine, sbc, mysql, redis];

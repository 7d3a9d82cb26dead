import { cdrPage } from "./cdr.ts";
import { checkActivePage } from "./check-active.ts";
import { enginePages } from "./engines.ts";
import { monitPage } from "./monit.ts";
import { ngcpcfgPage } from "./ngcpcfg.ts";
import { daemonPage, releasePage } from "./daemon.ts";
import { pairPage } from "./pair.ts";
import type { Page } from "./page.ts";
import { provisionPage } from "./provision.ts";
import { replayPage } from "./replay.ts";
import { replicationPage } from "./replication.ts";
import { appsPage, sbcPage, semsPage } from "./sbc.ts";
import { statusPage } from "./status.ts";
import { makeActivePage, makeStandbyPage } from "./switchover.ts";

/** A page for every program that an operator may call. */
export const PAGES: readonly Page[] = [
  checkActivePage,
  makeActivePage,
  makeStandbyPage,
  statusPage,
  monitPage,
  ...enginePages,
  ngcpcfgPage,
  pairPage,
  provisionPage,
  replicationPage,
  replayPage,
  cdrPage,
  sbcPage,
];

/** Programs that systemd calls, and that have no help text of their own. */
export const SERVICE_PAGES: readonly Page[] = [daemonPage, releasePage, semsPage, appsPage];

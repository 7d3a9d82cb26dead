import { checkActivePage } from "./check-active.ts";
import { monitPage } from "./monit.ts";
import { ngcpcfgPage } from "./ngcpcfg.ts";
import type { Page } from "./page.ts";
import { statusPage } from "./status.ts";
import { makeActivePage, makeStandbyPage } from "./switchover.ts";

/** A page for every program that an operator may call. */
export const PAGES: readonly Page[] = [
  checkActivePage,
  makeActivePage,
  makeStandbyPage,
  statusPage,
  monitPage,
  ngcpcfgPage,
];

import { makeStandby } from "../commands/make-standby.ts";
import { runTool } from "../run-tool.ts";

void runTool(makeStandby);

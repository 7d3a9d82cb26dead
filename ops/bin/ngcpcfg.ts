import { ngcpcfgOn } from "../commands/ngcpcfg/index.ts";
import { groundOfThisMachine } from "../config-ground.ts";
import { runTool } from "../run-tool.ts";

void runTool(ngcpcfgOn(groundOfThisMachine()));

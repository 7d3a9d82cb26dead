import { sercmdOf } from "../commands/sercmd.ts";
import { enginesOfThisNode } from "../engines.ts";
import { runTool } from "../run-tool.ts";

void runTool(sercmdOf("ngcp-sercmd")(enginesOfThisNode));

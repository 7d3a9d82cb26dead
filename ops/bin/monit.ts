import { monit } from "../commands/monit.ts";
import { runTool } from "../run-tool.ts";

void runTool(monit);

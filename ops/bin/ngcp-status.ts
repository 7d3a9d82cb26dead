import { status } from "../commands/status.ts";
import { runTool } from "../run-tool.ts";

void runTool(status);

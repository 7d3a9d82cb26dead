import { haReplay } from "../commands/ha-replay.ts";
import { runTool } from "../run-tool.ts";

void runTool(haReplay);

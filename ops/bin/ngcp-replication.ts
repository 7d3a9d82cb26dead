import { replication } from "../commands/replication/index.ts";
import { runTool } from "../run-tool.ts";

void runTool(replication);

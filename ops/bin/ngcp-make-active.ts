import { makeActive } from "../commands/make-active.ts";
import { runTool } from "../run-tool.ts";

void runTool(makeActive);

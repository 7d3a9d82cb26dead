import { kamctlOf } from "../commands/kamctl.ts";
import { enginesOfThisNode } from "../engines.ts";
import { runTool } from "../run-tool.ts";

void runTool(kamctlOf(enginesOfThisNode));

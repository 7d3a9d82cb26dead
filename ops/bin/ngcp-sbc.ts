import { askSbc } from "../../components/sbc/control/client.ts";
import { sbcOn } from "../commands/sbc.ts";
import { runTool } from "../run-tool.ts";

void runTool(sbcOn((order) => askSbc(order)));

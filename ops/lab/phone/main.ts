import { createInterface } from "node:readline";
import { Exchange } from "./exchange.ts";
import type { AnswerLine, AskLine } from "./protocol.ts";

const exchange = new Exchange();

const print = (line: AnswerLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const answer = async ({ id, ask }: AskLine): Promise<void> => {
  try {
    print({ id, result: await exchange.ask(ask) });
  } catch (error) {
    print({ id, error: error instanceof Error ? error.message : String(error) });
  }
};

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => void answer(JSON.parse(line) as AskLine));

/** A call that still rings, or a request that nobody has answered yet, keeps nobody here. */
const end = (): void => {
  exchange.close();
  process.exit();
};
lines.on("close", end);
// The lab is gone: its end of standard input follows.
process.stdout.on("error", end);

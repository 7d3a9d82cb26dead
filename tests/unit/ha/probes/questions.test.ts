import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import test from "ava";
import { ProbeUnansweredError, Questions } from "../../../../ha/probes/questions.ts";
import type { Question } from "../../../../ha/probes/questions.ts";

const TIMEOUT_MS = 200;

/** A server on a port of its own that answers each datagram with what `answer` makes of it, or not at all. */
const answering = async (
  answer: (question: string) => string | undefined,
): Promise<{ readonly server: Socket; readonly port: number; readonly clients: Set<number> }> => {
  const server = createSocket("udp4");
  const clients = new Set<number>();
  server.on("message", (datagram, { port, address }) => {
    clients.add(port);
    const said = answer(datagram.toString());
    if (said !== undefined) server.send(said, port, address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: server.address().port, clients };
};

const question = (port: number, word: string): Question => ({
  host: "127.0.0.1",
  port,
  datagram: (localPort) => `${word} from ${localPort}`,
  accepts: (answer) => answer === `yes ${word}`,
  timeoutMs: TIMEOUT_MS,
});

const yes = (text: string): string => `yes ${text.split(" ")[0] ?? ""}`;

test("questions to one port go out from one socket, and each gets its own answer", async (t) => {
  const { server, port, clients } = await answering(yes);
  const questions = new Questions();
  await Promise.all(["one", "two", "three"].map((word) => questions.ask(question(port, word))));
  await questions.ask(question(port, "four"));
  t.is(clients.size, 1);
  server.close();
});

test("an answer to something else is no answer", async (t) => {
  const { server, port } = await answering(() => "yes other");
  const error = await t.throwsAsync(new Questions().ask(question(port, "one")));
  t.true(error instanceof ProbeUnansweredError);
  t.is(error.message, `127.0.0.1:${port} did not answer within ${TIMEOUT_MS} ms`);
  server.close();
});

test("a closed port is told at once, and asked anew when it has opened", async (t) => {
  const first = await answering(yes);
  const { port } = first;
  const questions = new Questions();
  await questions.ask(question(port, "before"));
  first.server.close();
  await once(first.server, "close");
  await t.throwsAsync(questions.ask(question(port, "closed")), {
    message: `127.0.0.1:${port} cannot be asked (ECONNREFUSED)`,
  });
  const again = createSocket("udp4");
  again.on("message", (datagram, client) =>
    again.send(yes(datagram.toString()), client.port, client.address),
  );
  again.bind(port, "127.0.0.1");
  await once(again, "listening");
  await t.notThrowsAsync(questions.ask(question(port, "after")));
  again.close();
});

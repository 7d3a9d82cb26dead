import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";

const [address = "", port = ""] = process.argv.slice(2);
const COPIED = /^(?:Via|From|To|Call-ID|CSeq):/;

/** 200 OK to a request, with the headers that RFC 3261 section 8.2.6.2 has an answer take from it. */
const answerTo = (request: string): string => {
  const copied = request
    .split("\r\n")
    .filter((line) => COPIED.test(line))
    .map((line) => (line.startsWith("To:") ? `${line};tag=pinged` : line));
  return ["SIP/2.0 200 OK", ...copied, "Content-Length: 0", "", ""].join("\r\n");
};

/* Phones at one address that do nothing but answer, so that all comes back that keeps their ways open. For each line that it
   reads it tells how many of them have been asked since the last one. */
const asked = new Set<string>();
const socket = createSocket("udp4");
socket.on("message", (datagram, from) => {
  const request = datagram.toString("latin1");
  asked.add(request.slice(0, request.indexOf("\r\n")));
  socket.send(answerTo(request), from.port, from.address);
});
socket.bind(Number(port), address, () => process.stdout.write("answering\n"));
createInterface({ input: process.stdin }).on("line", () => {
  process.stdout.write(`${asked.size}\n`);
  asked.clear();
});

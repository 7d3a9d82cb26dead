import { appendFileSync } from "node:fs";
import { createConnection } from "mysql2/promise";

/*
 * Writes rows like those of call records, inside a node's network namespace, and notes each that was acknowledged:
 * one line `ROW MILLISECONDS` in a file, where the milliseconds are how long the acknowledgement took. They are marked as
 * dealt with: the mediator would have to close as many calls that have no dialog.
 * Arguments: the file, the password, a word that all rows begin with, how many connections, the pause between two rows.
 */

const [file = "", password = "", word = "", connections = "1", pauseMs = "0"] =
  process.argv.slice(2);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Goes on until its connection ends: a dead node ends it, and so does one that is not written to any more. */
const write = async (writer: number): Promise<void> => {
  const login = { host: "127.0.0.1", user: "kamailio", password, database: "kamailio" };
  const connection = await createConnection(login);
  connection.on("error", () => undefined);
  for (let count = 0; ; count += 1) {
    const row = `${word}-${writer}-${count}`;
    const began = performance.now();
    await connection.query(
      "INSERT INTO acc (method, from_tag, to_tag, callid, sip_code, sip_reason, time, time_hires, mediated) VALUES ('INVITE', 'a', 'b', ?, '200', 'OK', NOW(), UNIX_TIMESTAMP(NOW(3)), 1)",
      [row],
    );
    appendFileSync(file, `${row} ${(performance.now() - began).toFixed(1)}\n`);
    if (Number(pauseMs) > 0) await pause(Number(pauseMs));
  }
};

await Promise.allSettled(
  Array.from({ length: Number(connections) }, (_none, index) => write(index)),
);

import { ApplianceError } from "../errors.ts";
import { run } from "../system/command.ts";

class ReloadRefusedError extends ApplianceError {
  override readonly name = "ReloadRefusedError";
  readonly code = "NGCP_RELOAD_REFUSED";
}

/** What a running server is told instead of being restarted. */
export type ReloadOrder =
  | { readonly kind: "rpc"; readonly socket: string; readonly method: string }
  | { readonly kind: "mariadb"; readonly values: Readonly<Record<string, string>> }
  | {
      readonly kind: "redis";
      readonly values: Readonly<Record<string, string>>;
      /** Left out where the server asks for none. */
      readonly password: string | undefined;
    }
  /** systemd reads its units again. */
  | { readonly kind: "units" };

const WITHIN_MS = 10_000;
const NUMBER = /^\d+[kmg]?b?$/i;

/** Only numbers with their units are set this way: nothing that would have to be quoted. */
const plain = (values: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(values).map(([name, value]) => {
    if (NUMBER.test(value)) return [name, value];
    throw new ReloadRefusedError(`${name} is ${value}, which is no number that can be set`);
  });

/** What a program says on standard output when it refuses something and ends well all the same. */
const heed = (program: string, said: string): void => {
  const refusal = /^(?:error|ERR)\b.*/im.exec(said)?.[0];
  if (refusal !== undefined) throw new ReloadRefusedError(`${program}: ${refusal}`);
};

/** Runs the programs of the engines; `prefix` comes before each, for engines that are somewhere else. */
export const reloadWith =
  (...prefix: readonly string[]) =>
  async (order: ReloadOrder): Promise<void> => {
    const call = async (
      program: string,
      args: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ): Promise<void> => {
      const [first = "", ...rest] = [...prefix, program, ...args];
      const { stdout, stderr } = await run(first, rest, { timeoutMs: WITHIN_MS, env, apart: true });
      heed(program, `${stdout}\n${stderr}`);
    };
    switch (order.kind) {
      case "rpc":
        return call("kamcmd", ["-s", order.socket, order.method]);
      case "units":
        return call("systemctl", ["daemon-reload"]);
      case "mariadb": {
        const statements = plain(order.values).map(
          ([name, value]) => `SET GLOBAL ${name} = ${value}`,
        );
        return call("mariadb", ["--no-defaults", "--execute", statements.join("; ")]);
      }
      case "redis": {
        const words = plain(order.values).flat();
        const env = order.password === undefined ? {} : { REDISCLI_AUTH: order.password };
        return call("redis-cli", ["-e", "config", "set", ...words], env);
      }
    }
  };

import type { KernelTable } from "./kernel-table.ts";

/** Where a component runs: on both nodes all the time, or only on the active one. */
export type RunsOn = "both" | "active";

export interface Listen {
  readonly port: number;
  readonly protocol: "udp" | "tcp" | "tls";
  /** `shared`: the shared addresses; `internal`: 127.0.0.1; `crosslink`: the node's own crosslink address. */
  readonly on: "shared" | "internal" | "crosslink";
}

/** How readiness and health are asked. `failures` in a row make the component unhealthy. */
export type HealthProbe =
  | {
      readonly kind: "sipOptions";
      /** Address and UDP port asked, e.g. `127.0.0.1:5062`. */
      readonly host: string;
      readonly port: number;
      /** The Server header must start with it: another SIP server on the port is not ours. */
      readonly server: string;
      readonly timeoutMs: number;
      readonly failures: number;
    }
  /** rtpengine's ng `ping` over UDP. */
  | {
      readonly kind: "ngPing";
      readonly host: string;
      readonly port: number;
      readonly timeoutMs: number;
      readonly failures: number;
    }
  /** `select 1` on the local MariaDB. */
  | { readonly kind: "sqlPing"; readonly timeoutMs: number; readonly failures: number }
  /** PING on the local Redis. */
  | { readonly kind: "redisPing"; readonly timeoutMs: number; readonly failures: number };

/** How a running component takes up a new version of one of its files. */
export type TakingUp =
  /** By a command to kamailio; it answers with an error, and keeps what it has, when the file is wrong. */
  | { readonly kind: "rpc"; readonly socket: string; readonly method: string }
  /** By commands that set these while the server runs; when anything else in the file changes it is restarted. */
  | {
      readonly kind: "settings";
      readonly server: "mariadb" | "redis";
      readonly names: readonly string[];
    }
  /** By the kernel, or by whoever reads the file anew each time: nothing that runs has to be told. */
  | { readonly kind: "nothing" };

export interface Reload {
  /** One of the component's `templates`. */
  readonly template: string;
  readonly how: TakingUp;
}

/** One file of data for each thing that runs. Starting order is computed from `dependsOn`, never written. */
export interface Component {
  /** The name of `monit start NAME`. */
  readonly name: string;
  readonly unit: `${string}.service`;
  readonly runsOn: RunsOn;
  readonly dependsOn: readonly string[];
  /** True when it can run on the standby while nothing can reach it, so a planned switchover starts it early. */
  readonly preparable: boolean;
  /** True for what a call hears of at once: at a takeover it starts first, with the processor to itself, and then the others. */
  readonly startsFirst?: true;
  readonly listens: readonly Listen[];
  readonly health: HealthProbe;
  /** Absent for what asks nothing of the kernel. */
  readonly kernelTable?: KernelTable;
  /** Paths under appliance/templates/ that it is configured by. */
  readonly templates: readonly string[];
  /** Those of them that it takes up while it runs; a change of any other one needs a restart. */
  readonly reloads?: readonly Reload[];
  /** What a restart on the active node costs calls; absent where it costs them nothing. */
  readonly restartCuts?: string;
  readonly stopTimeoutMs: number;
}

export const defineComponent = (component: Component): Component => component;

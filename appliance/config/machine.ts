import { canonical } from "./config-rules.ts";
import type { Loaded } from "./load.ts";
import type { Path, Problem } from "./problem.ts";

/** What a machine has: its network devices, and the addresses on each. */
export interface Machine {
  readonly devices: readonly string[];
  readonly addressesOf: (device: string) => readonly string[];
}

/** What network.yml says of this node and the machine it is read on does not have. */
export const machineWarnings = (
  { appliance, network, networkFile }: Loaded,
  machine: Machine,
): readonly Problem[] => {
  const host = network[appliance.node === "sp1" ? "sp1" : "sp2"];
  const warn = (path: Path, sentence: string): Problem => ({
    place: networkFile.placeOfKey(path),
    path,
    sentence,
  });
  return host.nets.flatMap(({ device, ip, v6ip }) => {
    const path = ["hosts", host.name, device];
    if (!machine.devices.includes(device)) {
      const there = machine.devices.join(", ");
      return [warn(path, `this machine has no interface ${device}; it has ${there}`)];
    }
    const present = machine.addressesOf(device).map(canonical);
    return Object.entries({ ip, v6ip }).flatMap(([key, address]) =>
      typeof address === "string" && !present.includes(canonical(address))
        ? [warn([...path, key], `${device} of this machine does not have the address ${address}`)]
        : [],
    );
  });
};

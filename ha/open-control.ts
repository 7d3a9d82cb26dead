import { VERSION } from "../appliance/version.ts";
import { COMPONENTS } from "../components/index.ts";
import { ComponentOrders } from "./control/component-orders.ts";
import type { ComponentStatus, Status } from "./control/contract.ts";
import { CONTROL_SOCKET } from "./control/contract.ts";
import { serve } from "./control/server.ts";
import { componentStatus, statusOf } from "./control/status.ts";
import { systemd } from "./effects/units.ts";
import type { DaemonParts, Services } from "./late.ts";
import { readQuarantine } from "./probes/replication-files.ts";
import { beginReports } from "./peer-report.ts";
import type { Probes } from "./probing.ts";

/** Its members may use the tools without being root. */
const CONTROL_GROUP = "ngcp";

/** Opens the socket of the tools. */
export const openControl = async (
  parts: DaemonParts,
  services: Services,
  probes: Probes,
): Promise<void> => {
  const { settings, chronicle, desk, recorder } = parts;
  const { watch, unmonitored } = services;
  const peerReport = beginReports(parts, probes.stores);
  const components = async (): Promise<readonly ComponentStatus[]> =>
    (await watch.views()).map((view) => componentStatus(view, watch.services()));
  const status = async (): Promise<Status> => {
    const known = await components();
    const now = parts.now();
    return statusOf(parts.snapshot(), settings, {
      version: VERSION,
      stores: probes.stores(),
      quarantine: readQuarantine(),
      alarms: chronicle.alarms(),
      lastRoleChange: chronicle.lastRoleChange(),
      keptRole: chronicle.keptRole(),
      components: known,
      loopDelayMs: parts.loopDelayMs(),
      realTime: parts.realTime,
      droppedLogLines: parts.journal.dropped(),
      devices: parts.network.devices,
      now,
      peerReport: peerReport(now),
    });
  };
  const orders = new ComponentOrders({
    components: COMPONENTS,
    watch,
    units: systemd,
    unmonitored,
  });
  await serve(
    {
      status,
      submit: (command, timeoutMs) => desk.submit(command, timeoutMs),
      components,
      order: (name, action) => orders.carryOut(name, action),
      recording: () => recorder.parts(),
      lookAtConfiguration: () => probes.lookAtConfiguration(),
    },
    CONTROL_SOCKET,
    CONTROL_GROUP,
  );
};

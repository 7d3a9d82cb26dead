import type {
  CommandAnswer,
  ComponentAnswer,
  ComponentStatus,
  MakeActiveRequest,
  MakeStandbyRequest,
  Status,
} from "../../ha/control/contract.ts";

export type ComponentAction = "start" | "stop" | "restart";

/** The daemon as a tool sees it. Every call throws an ApplianceError when the daemon does not answer. */
export interface ControlPort {
  status(): Promise<Status>;
  /** Answers when it is done, refused or timed out. */
  makeActive(request: MakeActiveRequest): Promise<CommandAnswer>;
  makeStandby(request: MakeStandbyRequest): Promise<CommandAnswer>;
  releaseHold(): Promise<CommandAnswer>;
  /** Answers when the daemon knows what ngcpcfg has put into force. */
  lookAtConfiguration(): Promise<void>;
  components(): Promise<readonly ComponentStatus[]>;
  component(name: string, action: ComponentAction): Promise<ComponentAnswer>;
}

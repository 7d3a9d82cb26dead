/** systemd, asked directly while the daemon is silent. Every call throws an ApplianceError when systemd refuses. */
export interface UnitControlPort {
  start(unit: string): Promise<void>;
  stop(unit: string): Promise<void>;
  restart(unit: string): Promise<void>;
  states(units: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

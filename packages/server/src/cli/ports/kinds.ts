import type { PortsConfig } from "@attune/core/wire";

/** Which system plays which role, without where it is. */
export type PortKinds = { [Role in keyof PortsConfig]: string };

export const kindsOf = (ports: PortsConfig): PortKinds =>
  Object.fromEntries(
    Object.entries(ports).map(([role, port]: [string, { kind: string }]) => [role, port.kind]),
  ) as PortKinds;

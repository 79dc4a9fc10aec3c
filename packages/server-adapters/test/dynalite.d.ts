declare module "dynalite" {
  import type { Server } from "node:http";
  /** An HTTP server that speaks DynamoDB's protocol over an in-memory LevelDB. */
  export default function dynalite(options?: { createTableMs?: number; deleteTableMs?: number }): Server;
}

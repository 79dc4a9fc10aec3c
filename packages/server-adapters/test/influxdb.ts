import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, locate, type Started, start } from "./programs.ts";

export const INFLUXD = locate("influxdb", "INFLUXD", ["influxd"]);

export interface InfluxServer {
  readonly url: string;
  /** Runs a statement of administration. */
  admin(statement: string): Promise<void>;
  /** Ends it as a crash would, and starts it again on the same files. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** An InfluxDB 1.x of its own, in a folder of its own; nothing is reported to anyone. */
export async function influxServer(): Promise<InfluxServer> {
  const folder = mkdtempSync(join(tmpdir(), "attune-influxdb-"));
  const [http, rpc] = [await freePort(), await freePort()];
  const config = join(folder, "influxdb.conf");
  const at = (name: string): string => JSON.stringify(join(folder, name));
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = ${at("meta")}
[data]
dir = ${at("data")}
wal-dir = ${at("wal")}
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${http}"
log-enabled = false
[monitor]
store-enabled = false
[continuous_queries]
enabled = false
`,
  );
  const url = `http://127.0.0.1:${http}`;
  const run = (): Promise<Started> =>
    start(INFLUXD.path ?? "", ["-config", config], () =>
      fetch(`${url}/ping`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  let started = await run();
  return {
    url,
    async admin(statement) {
      const answer = await fetch(`${url}/query`, {
        method: "POST",
        body: new URLSearchParams({ q: statement }),
      });
      const text = await answer.text();
      if (!answer.ok || text.includes('"error"')) throw new Error(`${statement}: ${text}`);
    },
    async crash() {
      await started.stop("SIGKILL");
      started = await run();
    },
    async stop() {
      await started.stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { main } from "../src/cli/main.js";

export interface Ran {
  code: number;
  out: string[];
  err: string[];
}

/** Runs one command in this process, without colours. */
export async function runCli(...args: string[]): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    status: () => undefined,
    bold: String,
    dim: String,
  };
  return { code: await main(args, terminal), out, err };
}

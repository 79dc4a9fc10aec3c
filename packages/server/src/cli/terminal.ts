/** Where a command writes, and how. Results go to `out`; progress and errors to `err`, so that output can be piped. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  /** Redraws one line on a terminal; does nothing elsewhere. */
  status(line: string): void;
  bold(text: string): string;
  dim(text: string): string;
}

/** Control characters but the line's end, and those that turn the direction of text; the terminal's own bold and dim pass. */
const CONTROL =
  /\u001b\[(?:1|2|22)m|[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text from files and servers with control characters written out (`\u001b`), as JSON would: none can reach the terminal. */
export const printable = (text: string): string =>
  text.replace(CONTROL, (found) =>
    found.length > 1 ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** A terminal that prints nothing else. */
export const printableOnly = (terminal: Terminal): Terminal => ({
  ...terminal,
  out: (line) => terminal.out(printable(line)),
  err: (line) => terminal.err(printable(line)),
});

export function createTerminal(environment: NodeJS.ProcessEnv = process.env): Terminal {
  const color = process.stdout.isTTY === true && !environment.NO_COLOR;
  const style = (open: number, close: number) => (text: string) =>
    color ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  const status = (line: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
  };
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err(line) {
      // What stands there unfinished would run into it.
      status("");
      process.stderr.write(`${line}\n`);
    },
    status,
    bold: style(1, 22),
    dim: style(2, 22),
  };
}

const grouped = new Intl.NumberFormat("en-US");
export const number = (value: number): string => grouped.format(value);
export const megabytes = (bytes: number): string => `${number(Math.round(bytes / 2 ** 20))} MiB`;
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A share of 1 as a bar with its percentage. */
export function bar(share: number): string {
  const done = Math.round(share * 24);
  return `${"█".repeat(done)}${"░".repeat(24 - done)} ${String(Math.floor(share * 100)).padStart(3)} %`;
}

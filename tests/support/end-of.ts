import type { ChildProcess } from "node:child_process";

/** Ends a program and waits until it has ended; one that does not within three seconds is killed. */
export async function endOf(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => program.once("exit", () => resolve()));
  program.kill();
  const timer = setTimeout(() => program.kill("SIGKILL"), 3000);
  await ended;
  clearTimeout(timer);
}

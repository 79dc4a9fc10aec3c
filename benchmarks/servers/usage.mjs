/** Answers each message of the parent with the processor time this process has used so far, in microseconds. */
export function tellUsage() {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send({ cpu: user + system });
  });
}

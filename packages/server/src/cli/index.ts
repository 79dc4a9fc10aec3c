import { main } from "./main.js";

// Who reads the output may have seen enough (`| head`): then this ends as a program without a handler of SIGPIPE does.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(141);
  });

process.exitCode = await main(process.argv.slice(2));

import { createApp } from "./app.js";

const port = Number(process.env.PORT ?? 3100);
const { app, close } = await createApp({ dir: process.env.DATA_DIR ?? ".attune" });
const listener = app.listen(port, () =>
  console.log(`An Express application with Attune inside: http://localhost:${port}/page`),
);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    listener.close(async () => {
      await close();
      process.exit(0);
    });
  });
}

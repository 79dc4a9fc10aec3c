import { build, install, isPrepared } from "../scripts/lib/prepare.mjs";

// So that one command starts an example from a fresh clone, too. What has changed in the packages since is built by `npm run build`.
if (!isPrepared()) {
  await install();
  await build();
}

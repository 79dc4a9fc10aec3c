import fc from "fast-check";

/**
 * Generated cases are the same in every run, so that a change is judged by what it changes and not by luck. `npm run prove -- fresh`
 * draws new ones (ATTUNE_SEED=fresh), and a failure it finds is written down as an example of its own.
 */
if (process.env["ATTUNE_SEED"] !== "fresh")
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_251_126 });

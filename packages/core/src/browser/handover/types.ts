/** Where the Attune server answers, as in `browser(…)`. */
export interface HandoverEndpoint {
  /** For instance `https://attune.example.com`, or `""` for this origin. */
  endpoint: string;
  /** The public write key. Its `origins` at the server name all domains of the site. */
  writeKey: string;
}

/** Keys for pseudonyms. A host keeps them apart from the data; losing a key orphans the records it named. */
export interface KeyProvider {
  /** 32 bytes for a site and a use; the same bytes every time. */
  key(site: string, use: "pseudonym"): Promise<Uint8Array>;
}

/**
 * What a key is for: `pseudonym` names subjects, `audit` signs checkpoints of the audit log and tokens of visitors; what signs receipts
 * of consent and seals hand-overs is derived from it.
 */
export type KeyUse = "pseudonym" | "audit";

/** A key that wraps the keys of subjects. */
export interface WrappingKey {
  /** Names it among those of its site; kept beside everything that it wraps. */
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

/** Keys of a host, kept apart from the data; losing a key orphans the records it named or wrapped. */
export interface KeyProvider {
  /** 32 bytes for a site and a use; the same bytes every time. */
  key(site: string, use: KeyUse): Promise<Uint8Array>;
  /**
   * The key that wraps new subject keys at present, or the one of that name: earlier ones are still needed until everything is wrapped anew.
   * Null where there is none of that name, any more: what it wraps cannot be read, and events that wait for it go to the dead letters. A
   * provider that cannot tell at the moment rejects, and is asked again. A provider without this method means that nothing is encrypted.
   */
  wrapping?(site: string, id?: string): Promise<WrappingKey | null>;
}

/** Everything that the privacy centre says beside what the consent parts in it say. */
export interface PrivacyMessages {
  /** BCP 47. */
  lang: string;
  title: string;
  intro: string;
  choice: string;
  held: {
    title: string;
    /** Nothing is known of the visitor here. */
    nothing: string;
    /** It could not be read. */
    failed: string;
    visitor: string;
    account: string;
    since: string;
    visits: string;
    segments: string;
    traits: string;
    preferences: string;
    /** The latest events and what became of them. */
    events: string;
    when: string;
    what: string;
    status: string;
    statuses: Readonly<Record<"queued" | "sent" | "rejected" | "memory", string>>;
  };
  take: {
    title: string;
    text: string;
    button: string;
    done: string;
    /** The file holds what is on the device alone. */
    partly: string;
    failed: string;
  };
  erase: {
    title: string;
    text: string;
    button: string;
    confirm: string;
    yes: string;
    no: string;
    done: string;
    failed: string;
  };
  busy: string;
}

import type { PrivacyMessages } from "./types.js";

export const privacyEn: PrivacyMessages = {
  lang: "en",
  title: "Your data on this site",
  intro:
    "Here you see what this site knows of you, take it along, have it deleted, and change what you allow.",
  choice: "What you allow",
  held: {
    title: "What is known of you",
    nothing: "Nothing is kept on this device but your choice.",
    failed: "What is kept on this device could not be read.",
    visitor: "Your random number here",
    account: "Your account",
    since: "First visit",
    visits: "Visits",
    segments: "Groups you are counted in",
    traits: "What you have told us",
    preferences: "What you prefer",
    events: "Recorded last",
    when: "When",
    what: "What",
    status: "Status",
    statuses: {
      queued: "waiting to be sent",
      sent: "sent",
      rejected: "refused by the server",
      memory: "only in this page",
    },
  },
  take: {
    title: "Take it along",
    text: "You get a file (JSON) with everything that is kept of you.",
    button: "Download my data",
    done: "The file has been saved.",
    partly:
      "The file holds what is on this device. The server did not answer; please try again later for the rest.",
    failed: "Your data could not be put together. Please try again later.",
  },
  erase: {
    title: "Delete it",
    text: "Everything that was recorded of you is deleted, here and on the server. What you allow stays as it is; change it above if you want to.",
    button: "Delete my data",
    confirm: "This cannot be undone. Delete everything?",
    yes: "Yes, delete everything",
    no: "Keep it",
    done: "Your data has been deleted.",
    failed: "Your data could not be deleted. Please try again later.",
  },
  busy: "One moment …",
};

import type { PurposeMessages } from "../types.js";

export const purposesEn: PurposeMessages = {
  necessary: { name: "Necessary", description: "Keeps the site working and remembers this choice." },
  analytics: {
    name: "Statistics",
    description: "Counts which pages are visited and what is clicked, to see what works on this site.",
  },
  personalization: {
    name: "Personal content",
    description: "Remembers on this site what you look at, to show you what fits.",
  },
  marketing: {
    name: "Our own marketing",
    description: "Records which campaign brought you here, to choose and measure our offers to you.",
  },
  advertising: {
    name: "Advertising on other sites",
    description: "Shares what you do here with advertising partners, to show you our ads elsewhere.",
  },
};

import type { PolicyMessages } from "../types.js";

export const policyEn: PolicyMessages = {
  lang: "en",
  title: "What this site does with your data",
  who: {
    heading: "Who is responsible",
    text: "{name} runs this site and is responsible for what is described here. You reach them at: {contact}",
  },
  choice: {
    heading: "Your choice",
    "opt-in": "Nothing but what is necessary is stored or used until you agree.",
    "opt-out": "What is described here happens until you say no.",
    both: "Where the law asks for your consent, nothing but what is necessary is stored or used until you agree. Elsewhere it is used until you say no.",
    change:
      "You can agree to each purpose by itself, and change your mind at any time in the privacy settings. The site works either way. If you withdraw everything, what was kept on your device is removed at once.",
    again: "Your choice is kept for {time}; then you are asked again.",
    gpc: "If your browser sends a Global Privacy Control signal, these stay off: {purposes}.",
  },
  purposes: {
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
  },
  recorded: "What is recorded",
  learned: "What is worked out from it",
  shared: "Who else receives it",
  event: { bare: "“{name}”", with: "“{name}”, with: {properties}" },
  sealed: "encrypted",
  campaign: "Which campaign brought you here, as the link you followed says",
  groups: {
    recorded: {
      pages: "Which pages you open, and from which site you come",
      clicks: "Which links and buttons you click",
      trouble: "Clicks that come to nothing, or that you repeat in quick succession",
      scrolling: "How far down a page you scroll",
      attention: "How long you are active on a page",
      views: "Which marked parts of a page come into view",
      hovering: "Over which marked parts of a page your pointer rests",
      forms: "That you begin, send or leave a form; never what you enter",
      copying: "That you copy something; never what",
      leaving: "Signs that you are about to leave a page",
      technical: "How fast pages load for you, and errors that occur in them",
      searches: "What you search for in the shop",
      products: "Which products and lists of products you look at",
      cart: "What you put into the cart and take out of it",
      orders: "That you begin to check out, and what you order",
      account: "That you sign in, and the account’s name for you",
      variants: "Which version of a part of a page you have seen",
      choice: "The choice you make about your data",
    },
    learned: {
      visits: "How often and how regularly you visit",
      reading: "How many pages you read, how far and for how long",
      actions: "How much you click and search",
      origin: "Whether a campaign or a search engine brought you",
      device: "Whether you use a mobile phone",
      products: "Which kinds of products interest you, and at what prices",
      cart: "What is in your cart, and for how long",
      orders: "How often and for how much you have ordered",
    },
  },
  device: {
    heading: "What is kept on your device",
    text: "Only the first of these is there without your consent, or after you have withdrawn it.",
    head: ["What", "What for", "How long"],
    consent: "Remembers your choice. It holds no identifier.",
    visitor: "A random number by which this site knows your visits belong together.",
    database: "What is waiting to be sent, and what was worked out so far.",
    withdrawn: "until you withdraw",
  },
  kept: {
    heading: "How long it is kept",
    text: "What is recorded is deleted {time} after it was received, or as soon as you ask for it.",
  },
  never: {
    heading: "What is not recorded automatically",
    items: [
      "What you type, such as into forms",
      "Your network (IP) address: it is not kept",
      "E-mail addresses, telephone and card numbers that stand in page addresses or texts: they are masked",
    ],
  },
  rights: {
    heading: "Your rights",
    items: [
      "See what is held of you, and take it along as a file",
      "Have it deleted",
      "Withdraw your consent, for all or for single purposes",
      "Complain to your data protection authority",
    ],
  },
};

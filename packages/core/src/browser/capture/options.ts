/** What a page captures by itself. Each kind can be switched off; nothing inside `data-attune-ignore` is captured by any of them. */
export interface CaptureOptions {
  /** Page views, at the start and at navigations inside the document (default true). */
  pages?: boolean;
  /** Clicks (default true). */
  clicks?: boolean;
  /** Three clicks within a second on the same spot of the same thing (default true). */
  rageClicks?: boolean;
  /** Clicks on what looks clickable, after which nothing happens (default true). */
  deadClicks?: boolean;
  /** Depth of scrolling of the page (default true). */
  scroll?: boolean;
  /** Depth of scrolling of elements marked with `data-attune-scroll` (default true). */
  elementScroll?: boolean;
  /** Active time (default true). */
  activeTime?: boolean;
  /** Elements marked with `data-attune-view` that come into view (default true). */
  inView?: boolean;
  /** A pointer that rests on an element marked with `data-attune-hover` (default true). */
  hover?: boolean;
  /** Forms that are begun, sent or left; never what is typed, nor how long it is (default true). */
  forms?: boolean;
  /** That something was copied, not what (default true). */
  copy?: boolean;
  /** Signs that the visitor is about to leave (default true). */
  exitIntent?: boolean;
  /** The Core Web Vitals and what goes with them: LCP, INP, CLS, FCP, TTFB (default true). */
  vitals?: boolean;
  /** Errors that nobody caught: type, masked message, where the script is from (default true). `{ stack: true }`: the stack, too. */
  errors?: boolean | ErrorCaptureOptions;
  /**
   * Up to 40 characters of the text of clicked links, buttons and labels, masked like all text (default false: only of elements within
   * `data-attune-text`). Never what was typed.
   */
  text?: boolean;
}

export interface ErrorCaptureOptions {
  /** Function names and places in scripts, masked, cut to 1,024 characters (default false). */
  stack?: boolean;
  /** At most this many per page (default 10); the same error counts once. */
  perPage?: number;
}

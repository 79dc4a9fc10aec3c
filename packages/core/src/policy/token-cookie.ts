const TOKEN_COOKIE = "attune_visitor";

/** What the server calls the cookie that holds a visitor's token: that of a named site has `.` and its name behind it. */
export const tokenCookie = (site: string): string =>
  site === "default" ? TOKEN_COOKIE : `${TOKEN_COOKIE}.${site}`;

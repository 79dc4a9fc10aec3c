/** Global Privacy Control as a request carries it (`Sec-GPC: 1`). What it means is the service's to say. */
export const hasGpc = (request: Request): boolean => request.headers.get("sec-gpc")?.trim() === "1";

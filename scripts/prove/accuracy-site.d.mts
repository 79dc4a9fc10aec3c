/** @param serverPort Where the Attune server listens. */
export function startSite(serverPort: number): Promise<{ url: string; close(): Promise<void> }>;

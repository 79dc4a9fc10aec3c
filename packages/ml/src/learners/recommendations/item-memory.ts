/** What is known of one item: how often it was seen, and with which others; weights as of the common time. */
export interface ItemMemory {
  weight: number;
  readonly with: Map<string, number>;
}

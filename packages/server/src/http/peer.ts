/** Who is at the other end of the connection, as far as the mount tells. */
export interface Peer {
  address?: string | undefined;
}

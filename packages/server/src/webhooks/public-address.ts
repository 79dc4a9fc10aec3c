import { BlockList, isIP } from "node:net";

/** What is not the public internet (IANA special-purpose registries, RFC 6890 and its updates). */
const NOT_PUBLIC = {
  ipv4: [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
  ],
  // Mapped and translated IPv4, tunnels, documentation, local, link-local, site-local, multicast.
  ipv6: [
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
  ],
} as const;

/** One list a family: a list of both takes every IPv4 address for the mapped one. */
function blocked(family: keyof typeof NOT_PUBLIC): BlockList {
  const list = new BlockList();
  for (const range of NOT_PUBLIC[family]) {
    const [net = "", bits = ""] = range.split("/");
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

/**
 * Whether an address is one of the public internet; what is no address is not. For each check to be made: the answer holds for the address alone, so connect to the very one that was asked about.
 */
export function createPublicCheck(): (address: string) => boolean {
  const [four, six] = [blocked("ipv4"), blocked("ipv6")];
  return (address) => {
    const family = isIP(address);
    if (family === 4) return !four.check(address, "ipv4");
    return family === 6 && !address.includes("%") && !six.check(address, "ipv6");
  };
}

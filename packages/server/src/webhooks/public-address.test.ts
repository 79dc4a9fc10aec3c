import { describe, expect, it } from "vitest";
import { createPublicCheck } from "./public-address.js";

const isPublic = createPublicCheck();

describe("T18 addresses that webhooks may go to", () => {
  it.each([
    "93.184.216.34",
    "8.8.8.8",
    "172.32.0.1",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001::1",
  ])("%s is public", (address) => expect(isPublic(address)).toBe(true));

  it.each([
    ...["127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    ...["169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"],
    ...[
      "::1",
      "::",
      "::ffff:127.0.0.1",
      "::ffff:8.8.8.8",
      "::127.0.0.1",
      "64:ff9b::7f00:1",
      "64:ff9b::808:808",
    ],
    ...["fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2002:7f00:1::", "2001:db8::1"],
    ...["", "localhost", "127.1", "0x7f.0.0.1", "2130706433"],
  ])("%s is not", (address) => expect(isPublic(address)).toBe(false));
});

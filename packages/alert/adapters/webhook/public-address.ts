import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * Networks that a webhook must not reach: whoever may subscribe could else make the collector knock at the doors of its
 * own house, such as a cloud's metadata address (169.254.169.254). Source: IANA special-purpose address registries.
 */
const closed4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Only 2000::/3 is given out to the public; these parts of it are not, or hold an IPv4 address that leads elsewhere. */
const closed6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const blocked = new BlockList();
for (const [network, bits] of closed4) blocked.addSubnet(network, bits, "ipv4");
for (const [network, bits] of closed6) blocked.addSubnet(network, bits, "ipv6");
const given = new BlockList();
given.addSubnet("2000::", 3, "ipv6");

/** Whether an IP address, as text, is one that anybody on the internet may reach. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !blocked.check(address, "ipv4");
  const bare = address.split("%")[0] ?? "";
  return isIPv6(bare) && given.check(bare, "ipv6") && !blocked.check(bare, "ipv6");
}

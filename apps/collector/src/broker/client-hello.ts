/** What the first bytes of a connection are to TLS. */
export type Greeting = "complete" | "partial" | "foreign";

/** Content type of a handshake record, and the type of a ClientHello in it (RFC 8446, 5.1 and 4). */
const handshakeRecord = 22;
const clientHello = 1;
const headerBytes = 5;
/** The largest plaintext record (RFC 8446, 5.1). A ClientHello has some 300 bytes, with post-quantum key shares 1,800. */
export const maxHelloBytes = headerBytes + 16_384;

/** Whether bytes are the first record of a TLS client, so far or whole. A ClientHello in several records is not known here, nor sent by any client met. */
export function greetingOf(bytes: Uint8Array): Greeting {
  const [type, major, , high, low, message] = bytes;
  if (type === undefined) return "partial";
  if (type !== handshakeRecord || (major !== undefined && major !== 3) || (message !== undefined && message !== clientHello)) return "foreign";
  if (high === undefined || low === undefined) return "partial";
  const length = (high << 8) | low;
  if (length === 0 || length > maxHelloBytes - headerBytes) return "foreign";
  return bytes.length >= headerBytes + length ? "complete" : "partial";
}

/**
 * The TLS way of saying "not now": a fatal alert internal_error (RFC 8446, 6.2: something "unrelated to the peer" makes it impossible to go on), in
 * clear, as nothing is agreed on yet. It costs no cryptography. A client that were just cut off could not tell it from a broken network.
 */
export const busyAlert: Uint8Array = Uint8Array.of(21, 3, 3, 0, 2, 2, 80);

import { ApplianceError } from "../../appliance/errors.ts";

/** A frame, an echo request or a message to systemd could not be sent. */
class PacketError extends ApplianceError {
  override readonly name = "PacketError";
  readonly code = "NGCP_PACKET_NOT_SENT";

  constructor(what: string, options: ErrorOptions) {
    const { cause } = options;
    super(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, options);
  }
}

export interface PacketPort {
  /** Puts one Ethernet frame on the network of the device with this index. */
  sendFrame(index: number, frame: Buffer): void;
  /** Sends one datagram to a unix socket; a path that begins with `@` is abstract. */
  sendToUnixSocket(path: string, message: string): void;
  close(): void;
}

/** A socket for ICMP that only receives messages of one type. */
export interface RawSocket {
  /** @param address 4 or 16 bytes */
  send(address: Buffer, message: Buffer): void;
  /** What waits to be read, with its IP header in IPv4; undefined when nothing does. */
  receive(): Buffer | undefined;
  close(): void;
}

const AF_UNIX = 1;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x80000;
const SOL_RAW = 255n;
/** ICMP_FILTER (raw(7)) and ICMP6_FILTER (RFC 3542, 3.2): a set bit keeps the messages of that type out. */
const FILTER = 1n;
const ICMP = {
  ipv4: { domain: 2, protocol: 1, level: SOL_RAW, filterWords: 1 },
  ipv6: { domain: 10, protocol: 58, level: 58n, filterWords: 8 },
} as const;
/** An IPv4 header with options, and more than an echo reply. */
const RECEIVE_BYTES = 256;
const MSG_DONTWAIT = 0x40n;
const MSG_NOSIGNAL = 0x4000n;

/** sockaddr_ll with the device alone: a raw frame carries its own addresses. */
const deviceAddress = (index: number): Buffer => {
  const out = Buffer.alloc(20);
  out.writeUInt16LE(AF_PACKET, 0);
  out.writeInt32LE(index, 4);
  return out;
};

const unixAddress = (path: string): Buffer => {
  const name = path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`;
  const out = Buffer.alloc(2 + Buffer.byteLength(name));
  out.writeUInt16LE(AF_UNIX, 0);
  out.write(name, 2);
  return out;
};

/** sockaddr_in or sockaddr_in6 without a port. */
const internetAddress = (address: Buffer): Buffer => {
  const out = Buffer.alloc(address.length === 4 ? 16 : 28);
  out.writeUInt16LE(address.length === 4 ? ICMP.ipv4.domain : ICMP.ipv6.domain, 0);
  address.copy(out, address.length === 4 ? 4 : 8);
  return out;
};

const allTypesBut = (type: number, words: number): Buffer => {
  const filter = Buffer.alloc(4 * words, 0xff);
  const at = 4 * (type >> 5);
  filter.writeUInt32LE((filter.readUInt32LE(at) & ~(1 << (type & 31))) >>> 0, at);
  return filter;
};

type Kernel = typeof import("syscall-napi").default;

/** An ES module with a compiled part, loaded at run time: the first heartbeat need not wait for it. */
const loadKernel = async (): Promise<Kernel> => (await import("syscall-napi")).default;

const attempt = <T>(what: string, call: () => T): T => {
  try {
    return call();
  } catch (error) {
    throw new PacketError(what, { cause: error });
  }
};

const openSocket = (kernel: Kernel, domain: number, type: number, protocol: number): bigint =>
  kernel.syscall.sync(
    kernel.__NR_socket,
    BigInt(domain),
    BigInt(type | SOCK_CLOEXEC),
    BigInt(protocol),
  );

const sendTo = (kernel: Kernel, fd: bigint, to: Buffer, data: Buffer): void => {
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const { syscall, __NR_sendto: number } = kernel;
  syscall.sync(number, fd, data, BigInt(data.length), flags, to, BigInt(to.length));
};

/**
 * Opens a raw socket for the ICMP messages of one type (raw(7)).
 *
 * @throws {PacketError} without the rights to (CAP_NET_RAW)
 */
export const openRaw = async (family: "ipv4" | "ipv6", type: number): Promise<RawSocket> => {
  const kernel = await loadKernel();
  const { domain, protocol, level, filterWords } = ICMP[family];
  const fd = attempt("no socket for ICMP", () => openSocket(kernel, domain, SOCK_RAW, protocol));
  const filter = allTypesBut(type, filterWords);
  attempt("the socket for ICMP takes no filter", () =>
    kernel.syscall.sync(kernel.__NR_setsockopt, fd, level, FILTER, filter, BigInt(filter.length)),
  );
  const data = Buffer.alloc(RECEIVE_BYTES);
  const room = BigInt(RECEIVE_BYTES);
  return {
    send: (address, message) =>
      attempt("an echo request was not sent", () => {
        sendTo(kernel, fd, internetAddress(address), message);
      }),
    receive: () => {
      try {
        const { syscall, __NR_recvfrom: number } = kernel;
        return data.subarray(0, Number(syscall.sync(number, fd, data, room, MSG_DONTWAIT, 0n, 0n)));
      } catch {
        // EAGAIN, or a failure of the network (ENETDOWN) that waited to be read: neither is a message.
        return undefined;
      }
    },
    close: () => void kernel.syscall.sync(kernel.__NR_close, fd),
  };
};

/**
 * Opens the sockets that Node has no module for. They only send: protocol 0 receives nothing.
 *
 * @throws {PacketError} without the rights to open them (CAP_NET_RAW)
 */
export const openPackets = async (): Promise<PacketPort> => {
  const kernel = await loadKernel();
  const open = (domain: number, type: number): bigint =>
    attempt("no socket for raw frames", () => openSocket(kernel, domain, type, 0));
  const frames = open(AF_PACKET, SOCK_RAW);
  const messages = open(AF_UNIX, SOCK_DGRAM);
  const send = (fd: bigint, to: Buffer, data: Buffer): void =>
    attempt("the kernel did not take a packet", () => {
      sendTo(kernel, fd, to, data);
    });
  return {
    sendFrame: (index, frame) => send(frames, deviceAddress(index), frame),
    sendToUnixSocket: (path, message) => send(messages, unixAddress(path), Buffer.from(message)),
    close: () => {
      kernel.syscall.sync(kernel.__NR_close, frames);
      kernel.syscall.sync(kernel.__NR_close, messages);
    },
  };
};

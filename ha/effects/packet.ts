import { ApplianceError } from "../../appliance/errors.ts";

/** A frame or a message to systemd could not be sent. */
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

const AF_UNIX = 1;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x80000;
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

/**
 * Opens the sockets that Node has no module for. They only send: protocol 0 receives nothing.
 *
 * @throws {PacketError} without the rights to open them (CAP_NET_RAW)
 */
export const openPackets = async (): Promise<PacketPort> => {
  // An ES module with compiled parts, loaded here: a bundle in CommonJS cannot require its default
  // export, and the first heartbeat need not wait for it.
  const { default: po6 } = await import("po6");
  const open = (domain: number, type: number): bigint => {
    try {
      return po6.socket.sync({ domain, type: type | SOCK_CLOEXEC, protocol: 0 });
    } catch (error) {
      throw new PacketError("no socket for raw frames", { cause: error });
    }
  };
  const frames = open(AF_PACKET, SOCK_RAW);
  const messages = open(AF_UNIX, SOCK_DGRAM);
  const send = (fd: bigint, to: Buffer, data: Buffer): void => {
    try {
      po6.sendmsg.sync({
        fd,
        data,
        msghdr: { msg_name: to },
        flags: MSG_DONTWAIT | MSG_NOSIGNAL,
      });
    } catch (error) {
      throw new PacketError("the kernel did not take a packet", { cause: error });
    }
  };
  return {
    sendFrame: (index, frame) => send(frames, deviceAddress(index), frame),
    sendToUnixSocket: (path, message) => send(messages, unixAddress(path), Buffer.from(message)),
    close: () => {
      po6.close.sync({ fd: frames });
      po6.close.sync({ fd: messages });
    },
  };
};

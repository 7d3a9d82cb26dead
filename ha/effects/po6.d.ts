/** The part of po6 that ha/effects/packet.ts and its tests use: system calls, each of which throws on an errno. */
declare module "po6" {
  interface Po6 {
    readonly socket: {
      sync(options: { domain: number; type: number; protocol: number }): bigint;
    };
    readonly sendmsg: {
      sync(options: {
        fd: bigint;
        data: Buffer;
        msghdr: { msg_name?: Buffer };
        flags: bigint;
      }): bigint;
    };
    readonly bind: { sync(options: { fd: bigint; sockaddr: Buffer }): bigint };
    readonly recvmsg: {
      sync(options: { fd: bigint; data: Buffer; flags: bigint }): { bytesReceived: number };
    };
    readonly close: { sync(options: { fd: bigint }): undefined };
  }
  const po6: Po6;
  export default po6;
}

/** The part of syscall-napi that ha/effects and its tests use: system calls by their numbers. */
declare module "syscall-napi" {
  interface Kernel {
    readonly __NR_bind: bigint;
    readonly __NR_close: bigint;
    readonly __NR_mlock2: bigint;
    readonly __NR_recvfrom: bigint;
    readonly __NR_sendto: bigint;
    readonly __NR_setsockopt: bigint;
    readonly __NR_socket: bigint;
    readonly syscall: {
      /** Throws on an errno. A buffer is handed over as its address. */
      sync(number: bigint, ...args: readonly (bigint | Buffer)[]): bigint;
    };
  }
  const kernel: Kernel;
  export default kernel;
}

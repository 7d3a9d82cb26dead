/** True for an error of the operating system, which carries a number and a code like ENOENT. */
export const isErrno = (
  error: unknown,
): error is NodeJS.ErrnoException & { readonly code: string } =>
  error instanceof Error &&
  "code" in error &&
  typeof error.code === "string" &&
  "errno" in error &&
  typeof error.errno === "number";

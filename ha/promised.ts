/** A value that is waited for by whoever needs it before it is there. */
export const promised = <Value>(): {
  readonly value: Promise<Value>;
  readonly fulfil: (value: Value) => void;
} => {
  let fulfil: (value: Value) => void = () => undefined;
  const value = new Promise<Value>((resolve) => {
    fulfil = resolve;
  });
  return { value, fulfil: (given) => fulfil(given) };
};

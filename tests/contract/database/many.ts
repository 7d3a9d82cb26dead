const DOMAIN = "sip.example.org";
const CUSTOMERS = 100;
const FIRST_NUMBER = 4_312_000_000;

type Section = Readonly<Record<string, object>>;

/** A declaration of `count` subscribers of a hundred customers, each with a number, preferences and a call forward. */
export const manySubscribers = (
  count: number,
): { readonly domains: Section; readonly customers: Section; readonly subscribers: Section } => ({
  domains: { [DOMAIN]: {} },
  customers: Object.fromEntries(
    Array.from({ length: CUSTOMERS }, (_none, index) => [`c${index}`, {}]),
  ),
  subscribers: Object.fromEntries(
    Array.from({ length: count }, (_none, index) => [
      `u${index}@${DOMAIN}`,
      {
        customer: `c${index % CUSTOMERS}`,
        password: `secret${index}`,
        numbers: [String(FIRST_NUMBER + index)],
        preferences: { max_registrations: 3, block_in_list: ["4390*"] },
        call_forwards: { cfna: "voicebox" },
      },
    ]),
  ),
});

/** A statement that registers one device for each of `count` of those subscribers, from the `first` on, for a day. */
export const registrationRows = (first: number, count: number): string => {
  const rows = Array.from({ length: count }, (_none, index) => {
    const user = `u${first + index}`;
    const contact = `sip:${user}@192.0.2.101:5060`;
    const path = "<sip:lb@127.0.0.1:5060;lr>";
    return `('bench-${user}', '${user}', '${DOMAIN}', '${contact}', '${path}', NOW() + INTERVAL 1 DAY, 'bench-${user}', 1, 'bench')`;
  });
  const columns = "ruid, username, domain, contact, path, expires, callid, cseq, user_agent";
  return `INSERT INTO location (${columns}) VALUES ${rows.join(", ")}`;
};
